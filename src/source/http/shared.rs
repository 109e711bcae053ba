//! Answers that several connections of one organisation need: asked once, whoever comes first, while the others wait for it. What is
//! the same for all of them, is left to who asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;
use tokio::sync::OnceCell;

use super::Answer;
use super::error::RequestError;

type Outcome<T> = Result<Answer<T>, RequestError>;
type Cells<T> = Mutex<HashMap<String, Arc<OnceCell<(SystemTime, Outcome<T>)>>>>;

/// By path and query. An error is an answer too: what failed after all attempts is not tried again for each connection.
#[derive(Default)]
pub(super) struct Answers {
    texts: Cells<String>,
    lists: Cells<Vec<Value>>,
}

impl Answers {
    /// With the moment at which it was asked for.
    pub(super) async fn text(
        &self,
        path: &str,
        ask: impl Future<Output = Outcome<String>>,
    ) -> (SystemTime, Outcome<String>) {
        once(&self.texts, path, ask).await
    }

    pub(super) async fn list(
        &self,
        path: &str,
        ask: impl Future<Output = Outcome<Vec<Value>>>,
    ) -> (SystemTime, Outcome<Vec<Value>>) {
        once(&self.lists, path, ask).await
    }
}

async fn once<T: Clone>(
    cells: &Cells<T>,
    path: &str,
    ask: impl Future<Output = Outcome<T>>,
) -> (SystemTime, Outcome<T>) {
    let cell = {
        let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(path.to_owned()).or_default())
    };
    let answered = cell.get_or_init(|| async {
        let asked = SystemTime::now();
        (asked, ask.await)
    });
    answered.await.clone()
}
