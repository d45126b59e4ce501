//! A system on its own listener.

use std::future::Future;

use axum::Router;
use tokio::net::TcpListener;

/// Serves until `shutdown` resolves and the requests under way are answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}
