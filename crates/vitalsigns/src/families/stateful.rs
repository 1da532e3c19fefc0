//! A group of metrics together with what its verbs must remember between recordings.

use std::ops::Deref;
use std::sync::Arc;

use crate::group::GroupBuilder;
use crate::{MetricGroup, RegisterError};

/// What the verbs of a group share, made once for each registry.
pub(super) trait State<G>: Send + Sync + 'static {
    fn of(metrics: &G) -> Self;
}

/// A group and its state. Registering it again gives the same state, as it gives the same handles:
/// two states behind one gauge would contradict each other.
pub(super) struct Stateful<G, S> {
    inner: Arc<(G, S)>,
}

impl<G, S> Stateful<G, S> {
    pub(super) fn state(&self) -> &S {
        &self.inner.1
    }
}

impl<G, S> Deref for Stateful<G, S> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.inner.0
    }
}

impl<G, S> Clone for Stateful<G, S> {
    fn clone(&self) -> Self {
        Stateful {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<G: MetricGroup, S: State<G>> MetricGroup for Stateful<G, S> {
    const NAME: &'static str = G::NAME;
    const PREFIX: &'static str = G::PREFIX;
    const NAMESPACED: bool = G::NAMESPACED;

    fn build(group: &mut GroupBuilder<'_>) -> Result<Self, RegisterError> {
        let metrics = G::build(group)?;
        let state = S::of(&metrics);
        Ok(Stateful {
            inner: Arc::new((metrics, state)),
        })
    }

    fn share(&self) -> Self {
        self.clone()
    }
}
