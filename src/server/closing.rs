//! A listener that is closed before its connections are told to end: who connected in the last moment has then asked, and
//! is answered. A connection that is told to end before it has asked is cut off, and what it sends is lost.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::net::SocketAddr;

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::jobs::Stop;

/// Accepts until the word is said.
pub struct Closing {
    address: SocketAddr,
    state: Mutex<State>,
    close: Stop,
}

/// Who connected.
#[derive(Debug, Clone, Copy)]
pub struct Caller(SocketAddr);

enum State {
    Open(TcpListener),
    /// Closed, with those who were waiting.
    Closed(VecDeque<(TcpStream, SocketAddr)>),
}

impl Closing {
    pub fn new(listener: TcpListener, close: Stop) -> io::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self { address, state: Mutex::new(State::Open(listener)), close })
    }
}

impl Address for Caller {
    type Stream = TcpStream;
    type Listener = Closing;
}

impl AddrListener<TcpStream, Caller> for Closing {
    async fn bind_to(_: Caller) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn accept_stream(&self) -> io::Result<(TcpStream, Caller)> {
        let mut state = self.state.lock().await;
        if let State::Open(listener) = &*state {
            tokio::select! {
                biased;
                () = self.close.clone().said() => {}
                accepted = listener.accept() => return accepted.map(|(stream, address)| (stream, Caller(address))),
            }
            close(&mut state);
        }
        match &mut *state {
            State::Closed(waiting) => match waiting.pop_front() {
                Some((stream, address)) => Ok((stream, Caller(address))),
                None => pending().await,
            },
            State::Open(_) => pending().await,
        }
    }

    fn get_local_addr(&self) -> io::Result<Caller> {
        Ok(Caller(self.address))
    }
}

impl Connected<Caller> for SocketAddr {
    fn connect_info(caller: Caller) -> Self {
        caller.0
    }
}

/// The system refuses who comes from here on; those it has let in already are taken first.
fn close(state: &mut State) {
    let State::Open(listener) = std::mem::replace(state, State::Closed(VecDeque::new())) else { return };
    let Ok(listener) = listener.into_std() else { return };
    let waiting = std::iter::from_fn(|| listener.accept().ok());
    let taken = waiting.filter_map(|(stream, address)| {
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, address))
    });
    *state = State::Closed(taken.collect());
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::jobs::{self, Ending};

    #[tokio::test]
    async fn who_was_let_in_is_accepted_and_nobody_after() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (closer, close) = jobs::pair();
        let closing = Closing::new(listener, close).unwrap();
        let mut let_in = Vec::new();
        for _ in 0..3 {
            let_in.push(TcpStream::connect(address).await.unwrap());
        }
        closer.say(Ending::AtOnce);
        let mut accepted = Vec::new();
        for _ in 0..3 {
            accepted.push(closing.accept_stream().await.unwrap());
        }
        assert!(TcpStream::connect(address).await.is_err());
        drop(accepted);
        // An orderly end, not a reset.
        for mut stream in let_in {
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        }
    }
}
