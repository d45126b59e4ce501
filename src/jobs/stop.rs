//! The word that ends what runs in the background, heard by everyone who holds it.

use tokio::sync::watch;

/// Hears the word.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

/// Says the word.
pub struct Stopper(watch::Sender<bool>);

pub fn pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stop {
    /// Resolves once the word was said, or nobody is left to say it.
    pub async fn said(mut self) {
        let _ = self.0.wait_for(|said| *said).await;
    }
}

impl Stopper {
    pub fn say(&self) {
        let _ = self.0.send(true);
    }
}
