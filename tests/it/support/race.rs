//! Many who do something at the same moment.

use std::future::Future;

use futures_util::future::join_all;

/// Each in a task of its own; what came of them, in the order they were given.
pub async fn all_at_once<F>(tries: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let begun: Vec<_> = tries.into_iter().map(tokio::spawn).collect();
    join_all(begun).await.into_iter().map(Result::unwrap).collect()
}
