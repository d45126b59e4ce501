//! Patience with connections: one that carries no request for too long is closed, however it spends that time.
//!
//! It bounds the slow sender of headers, the idle keep-alive and the slow reader alike, in HTTP/1 and HTTP/2.

use std::future::{Future, Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tower::Service;

/// Longer than the 60 s that proxies keep a connection by default, so that the proxy closes first.
const LIMIT: Duration = Duration::from_secs(75);

/// Accepts connections that are watched.
#[derive(Clone)]
pub struct Patience {
    limit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { limit: LIMIT }
    }
}

/// What a connection and its requests know of one another.
struct Traffic {
    began: Instant,
    limit: Duration,
    /// Requests being answered.
    open: AtomicUsize,
    /// When the last request ended, in milliseconds since `began`.
    quiet_since: AtomicU64,
}

/// A connection with its alarm.
pub struct Watched {
    stream: TcpStream,
    traffic: Arc<Traffic>,
    alarm: Pin<Box<Sleep>>,
}

/// The service of one connection, noting when it works.
#[derive(Clone)]
pub struct Noting<S> {
    inner: S,
    traffic: Arc<Traffic>,
}

struct Open(Arc<Traffic>);

impl<S> Accept<TcpStream, S> for Patience {
    type Stream = Watched;
    type Service = Noting<S>;
    type Future = Ready<io::Result<(Watched, Noting<S>)>>;

    fn accept(&self, stream: TcpStream, inner: S) -> Self::Future {
        // Answers are small and whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let traffic = Arc::new(Traffic {
            began: Instant::now(),
            limit: self.limit,
            open: AtomicUsize::new(0),
            quiet_since: AtomicU64::new(0),
        });
        let alarm = Box::pin(sleep(self.limit));
        ready(Ok((Watched { stream, traffic: traffic.clone(), alarm }, Noting { inner, traffic })))
    }
}

impl Traffic {
    /// When patience ends, as things stand.
    fn due(&self, now: Instant) -> Instant {
        if self.open.load(Ordering::Acquire) > 0 {
            return now + self.limit;
        }
        self.began + Duration::from_millis(self.quiet_since.load(Ordering::Acquire)) + self.limit
    }
}

impl Open {
    fn begin(traffic: &Arc<Traffic>) -> Self {
        traffic.open.fetch_add(1, Ordering::AcqRel);
        Self(traffic.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let since = u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.quiet_since.store(since, Ordering::Release);
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Watched {
    /// Registers for the alarm; an error once patience has ended.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.alarm.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let due = self.traffic.due(now);
            if due <= now {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(due);
        }
        Ok(())
    }

    fn patiently<T>(&mut self, cx: &mut Context<'_>, answer: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if answer.is_pending() {
            self.poll_patience(cx)?;
        }
        answer
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A sender that drips one byte a second is never pending for long, so the alarm is looked at every time.
        self.poll_patience(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.patiently(cx, answer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.stream).poll_flush(cx);
        self.patiently(cx, answer)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.patiently(cx, answer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.patiently(cx, answer)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl<S, R> Service<R> for Noting<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let open = Open::begin(&self.traffic);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(open);
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn connect(limit: Duration) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = || async {
            sleep(Duration::from_millis(600)).await;
            "late"
        };
        let router = Router::new().route("/", get(slow));
        let server = axum_server::Server::<std::net::SocketAddr>::from_listener(listener);
        tokio::spawn(server.acceptor(Patience { limit }).serve(router.into_make_service()));
        TcpStream::connect(address).await.unwrap()
    }

    async fn everything(stream: &mut TcpStream) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await;
        let _ = read.expect("the server closes the connection");
        bytes
    }

    #[tokio::test]
    async fn a_connection_that_asks_nothing_is_closed() {
        let mut stream = connect(Duration::from_millis(200)).await;
        assert!(everything(&mut stream).await.is_empty());
    }

    #[tokio::test]
    async fn dripping_headers_does_not_help() {
        let mut stream = connect(Duration::from_millis(200)).await;
        let began = Instant::now();
        while stream.write_all(b"G").await.is_ok() && began.elapsed() < Duration::from_secs(5) {
            sleep(Duration::from_millis(20)).await;
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_long_answer_is_waited_for() {
        let mut stream = connect(Duration::from_millis(200)).await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let answer = everything(&mut stream).await;
        assert!(answer.ends_with(b"late"), "{}", String::from_utf8_lossy(&answer));
    }
}
