//! The word that ends what runs in the background, heard by everyone who holds it.

use tokio::sync::watch;

/// Hears the word.
#[derive(Clone)]
pub struct Stop(watch::Receiver<Option<Ending>>);

/// Says the word.
pub struct Stopper(watch::Sender<Option<Ending>>);

/// How to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    AtOnce,
    /// After those who send requests had time to hear of it.
    Announced,
}

pub fn pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(None);
    (Stopper(sender), Stop(receiver))
}

impl Stop {
    /// Resolves once the word was said, or nobody is left to say it.
    pub async fn said(self) {
        self.ending().await;
    }

    /// The same, with how to end.
    pub async fn ending(mut self) -> Ending {
        let said = self.0.wait_for(Option::is_some).await;
        said.ok().and_then(|said| *said).unwrap_or(Ending::AtOnce)
    }
}

impl Stopper {
    pub fn say(&self, ending: Ending) {
        let _ = self.0.send(Some(ending));
    }
}
