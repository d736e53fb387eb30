//! The clock that notes how far the journal has come, hands the notes on, and complains when it cannot.

use crate::{
    alert,
    app::App,
    journal::checkpoint::{self, Checkpoint},
};
use ed25519_dalek::SigningKey;
use platform::Timestamp;
use std::{path::PathBuf, time::Duration};

pub struct NoteTaker {
    app: App,
    key: SigningKey,
    file: PathBuf,
    program: Option<PathBuf>,
    last: Option<Checkpoint>,
    /// Written, but not handed on yet.
    unsent: Option<String>,
    failing_since: Option<Timestamp>,
}

impl NoteTaker {
    pub fn new(app: App, key: SigningKey, file: PathBuf, program: Option<PathBuf>) -> Self {
        let read = std::fs::read_to_string(&file).unwrap_or_default();
        let last = match checkpoint::read_all(&read, Some(&key.verifying_key())) {
            Ok(all) => all.into_iter().next_back(),
            Err(e) => {
                tracing::error!("the notes of the journal are not what was written: {e}");
                None
            }
        };
        // Whether the last one was handed on is not known any more: once too often does no harm.
        let unsent = last.as_ref().filter(|_| program.is_some()).map(|l: &Checkpoint| l.line(&key));
        NoteTaker { app, key, file, program, last, unsent, failing_since: None }
    }

    pub async fn run(mut self) {
        let mut often = tokio::time::interval(Duration::from_secs(20));
        loop {
            often.tick().await;
            match self.note().await {
                Ok(()) => self.failing_since = None,
                Err(e) => {
                    tracing::error!("a note of the journal could not be kept: {e}");
                    let since = *self.failing_since.get_or_insert_with(|| self.app.now());
                    if let Err(e) = alert::notes(&self.app, since).await {
                        tracing::error!("and nobody could be told: {e:?}");
                    }
                }
            }
        }
    }

    async fn note(&mut self) -> Result<(), String> {
        let made =
            checkpoint::note(self.app.store.db(), &self.key, &self.file, self.last.as_ref(), self.app.now()).await?;
        if let Some(made) = made {
            // The newest note says what the ones before it said.
            self.unsent = self.program.is_some().then(|| made.line(&self.key));
            self.last = Some(made);
        }
        if let (Some(program), Some(line)) = (self.program.clone(), self.unsent.clone()) {
            let sent = tokio::task::spawn_blocking(move || checkpoint::send(&program, &line));
            sent.await.map_err(|e| e.to_string())??;
            self.unsent = None;
        }
        Ok(())
    }
}
