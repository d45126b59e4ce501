//! How a connection of HTTP/1 is dealt with: how much it may say before it has asked something.

use axum_server::{Address, Server};

/// The address and all headers of a request; 431 above it. Connections that never end their headers hold no more than this.
/// There are at most 100 headers (the driver's own limit), and in HTTP/2 16 KiB of them.
const MOST_HEAD: usize = 64 * 1024;

/// A sender that closes its side before it is answered has hung up: its request is dropped, so that in a storm nobody
/// computes passwords for those who have gone.
pub fn of_http1<A: Address>(mut server: Server<A>) -> Server<A> {
    server.http_builder().http1().max_buf_size(MOST_HEAD);
    server
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::timeout;

    use super::*;

    const ASKED: &str = "GET / HTTP/1.1\r\nhost: x\r\n";

    async fn connect() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "here" }));
        let server = of_http1(Server::<SocketAddr>::from_listener(listener));
        tokio::spawn(server.serve(router.into_make_service()));
        TcpStream::connect(address).await.unwrap()
    }

    /// What comes until the server closes.
    async fn answer(stream: &mut TcpStream) -> String {
        let mut bytes = Vec::new();
        let read = timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await;
        read.expect("the server closes the connection").unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn headers_that_do_not_end_are_refused() {
        let mut stream = connect().await;
        let head = format!("{ASKED}cookie: {}", "a".repeat(MOST_HEAD));
        stream.write_all(&head.as_bytes()[..MOST_HEAD]).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 431 "));
    }

    #[tokio::test]
    async fn more_than_a_hundred_headers_are_refused() {
        let mut stream = connect().await;
        let head = format!("{ASKED}{}\r\n", "a: b\r\n".repeat(100));
        stream.write_all(head.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 431 "));
    }
}
