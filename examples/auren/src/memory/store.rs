//! What a tier is kept in.

use std::fmt;

use async_trait::async_trait;

use super::item::{Entry, Item, Millis};

/// Why a store did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// It does not answer, or says that it cannot. What was asked may have been done.
    Unavailable(String),
    /// It did not answer in time. What was asked may be done, even later.
    TimedOut,
    /// What it holds under this key is not what was put there.
    Corrupt(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => f.write_str(why),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Corrupt(why) => write!(f, "corrupt: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl StoreError {
    /// From what a client of a store says.
    pub fn unavailable(error: impl fmt::Display) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Items.
    pub items: u64,
    /// Their size.
    pub bytes: u64,
    /// When the oldest was first remembered.
    pub oldest: Option<Millis>,
}

/// What a tier is kept in.
///
/// Who asks gives up after a while, and cannot know then whether what was asked is done, or will be
/// when the store comes to it. [`take_over`](Self::take_over) ends that doubt: whatever was asked
/// before it and is not done by then never will be.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// What it is, for people.
    fn name(&self) -> &'static str;

    /// Refuses from now on what was asked before, and lists what is there.
    async fn take_over(&self) -> Result<Vec<Entry>, StoreError>;

    /// Puts an item in place of whatever is there under its key.
    async fn put(&self, item: &Item) -> Result<(), StoreError>;

    /// Gives an item.
    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError>;

    /// Removes an item, if it is there.
    async fn remove(&self, key: &str) -> Result<(), StoreError>;

    /// Items whose key has this text in it, in the order of their keys.
    async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError>;

    /// How much there is, as the store itself counts.
    async fn held(&self) -> Result<Held, StoreError>;

    /// Whether it answers.
    async fn ping(&self) -> Result<(), StoreError>;
}
