//! What a page is made of: what was asked for, and what could be read.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Registry;
#[cfg(feature = "push")]
use super::cardinality;
use super::collectors::{Collector, Ran};
use crate::exposition::{ContentType, Page};
use crate::own::up_family;
use crate::sample::Collect;

/// What is asked for of a page.
pub(crate) struct Asked<'a> {
    /// The families, or none for all.
    names: HashSet<&'a str>,
    /// By when the collectors have to be done.
    pub(super) until: Instant,
}

impl<'a> Asked<'a> {
    /// These families, or all if there are none, with what collectors have read by then.
    pub(crate) fn new(names: &'a [String], until: Instant) -> Self {
        Asked {
            names: names.iter().map(String::as_str).collect(),
            until,
        }
    }

    /// All of it, from collectors that each take as long as they may.
    pub(super) fn all() -> Self {
        Asked::new(&[], Instant::now() + Duration::from_secs(3600))
    }

    pub(super) fn is_all(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.names.iter().copied()
    }

    pub(super) fn wants(&self, name: &str, base: &str) -> bool {
        self.is_all() || self.names.contains(name) || self.names.contains(base)
    }

    /// Whether what tells how each collector fares is asked for.
    pub(super) fn wants_all_collectors(&self) -> bool {
        let mut names = self.names();
        self.is_all() || names.any(|name| name.starts_with("vitalsigns_collector_"))
    }
}

/// A page, and what could not be read for it.
pub(crate) struct Written<T> {
    /// Until when it could wait for collectors, if one with more time might have had more of them.
    pub(crate) cut_short: Option<Instant>,
    pub(crate) page: T,
    /// The collectors that failed, and why.
    pub(crate) failed: Vec<String>,
}

impl Registry {
    /// What is asked for, as the endpoint serves it.
    pub(crate) fn write(&self, content_type: ContentType, asked: Asked<'_>) -> Written<Vec<u8>> {
        let escaping = content_type.escaping();
        let write = |page: &Page<'_>| match content_type.format() {
            Some(format) => page.text(format, escaping).into_bytes(),
            None => page.protobuf(escaping),
        };
        self.page(asked, write, Vec::len)
    }

    /// What is asked for, without the families that have no series: a gateway that reads of one in
    /// protobuf forgets the series that it has.
    #[cfg(feature = "push")]
    pub(crate) fn write_series(&self, content_type: ContentType, asked: Asked<'_>) -> Vec<u8> {
        let escaping = content_type.escaping();
        let write = |page: &Page<'_>| {
            let mut families = page.families.to_vec();
            families.retain(|family| cardinality::has_series(&**family));
            let mut foreign = page.foreign.to_vec();
            foreign.retain(|family| !family.samples.is_empty());
            let page = Page {
                families: &families,
                foreign: &foreign,
                ..*page
            };
            match content_type.format() {
                Some(format) => page.text(format, escaping).into_bytes(),
                None => page.protobuf(escaping),
            }
        };
        self.page(asked, write, Vec::len).page
    }

    /// Has a page of now written.
    pub(super) fn page<T>(
        &self,
        asked: Asked<'_>,
        write: impl FnOnce(&Page<'_>) -> T,
        length: impl FnOnce(&T) -> usize,
    ) -> Written<T> {
        let ran = self.collect_for(&asked);
        let mut families = self.families_of(&ran);
        self.tell_haste(&ran, &mut families);
        let mut failed = ran.told();
        families.retain(|family| {
            let descriptor = family.descriptor();
            asked.wants(&descriptor.name, descriptor.base_name())
        });
        let foreign = self.foreign_for(&asked, &ran);
        failed.extend(foreign.told(&asked));
        // A page is about as long as the one before, so one allocation is enough for most.
        let last = if asked.is_all() {
            self.last_length()
        } else {
            0
        };
        let page = write(&Page {
            families: &families,
            foreign: &foreign.families,
            created: self.inner.settings.created_series,
            size: last + last / 16,
        });
        if asked.is_all() {
            let length = length(&page);
            self.inner.page_size.store(length, Ordering::Relaxed);
        }
        Written {
            cut_short: ran.hasty().next().map(|_| asked.until),
            page,
            failed,
        }
    }

    /// Has the page say that it lacks those that it could not wait for. It is the only one: what the
    /// registry knows of them is what it was.
    fn tell_haste(&self, ran: &Ran, families: &mut [Arc<dyn Collect>]) {
        let hasty: Vec<_> = ran.hasty().collect();
        if hasty.is_empty() {
            return;
        }
        let collectors = self.state().collectors.clone();
        let is_up = |collector: &Arc<Collector>| {
            let is_up =
                collector.own().is_up() && !hasty.iter().any(|one| Arc::ptr_eq(one, collector));
            (collector.name().to_owned(), is_up)
        };
        let up = up_family(&self.inner.settings.constant, collectors.iter().map(is_up));
        for family in families {
            if family.descriptor().name == up.descriptor().name {
                *family = Arc::clone(&up);
            }
        }
    }

    /// How long the last page was, in bytes.
    pub(crate) fn last_length(&self) -> usize {
        self.inner.page_size.load(Ordering::Relaxed)
    }
}
