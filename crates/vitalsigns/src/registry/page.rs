//! What a page is made of: what was asked for, and what could be read.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Registry;
use super::attached::Dropped;
#[cfg(feature = "push")]
use super::cardinality;
use crate::exposition::{ContentType, Page};

/// What is asked for of a page.
pub(crate) struct Asked<'a> {
    /// The families, or none for all.
    pub(crate) names: &'a [String],
    /// By when the collectors have to be done.
    pub(crate) until: Instant,
}

impl Asked<'_> {
    /// All of it, from collectors that each take as long as they may.
    pub(super) fn all() -> Self {
        Asked {
            names: &[],
            until: Instant::now() + Duration::from_secs(3600),
        }
    }

    fn wants(&self, name: &str, base: &str) -> bool {
        let mut names = self.names.iter();
        self.names.is_empty() || names.any(|asked| asked == name || asked == base)
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
        let ran = self.collect_all(asked.until);
        let mut families = self.families_of(&ran);
        let mut foreign = self.foreign(&ran);
        self.inner.settings.own.foreign_dropped(&foreign.dropped);
        let mut failed = ran.told();
        failed.extend(foreign.dropped.iter().map(Dropped::told));
        families.retain(|family| {
            let descriptor = family.descriptor();
            asked.wants(&descriptor.name, descriptor.base_name())
        });
        foreign
            .families
            .retain(|family| asked.wants(&family.name(), &family.base));
        // A page is about as long as the one before, so one allocation is enough for most.
        let last = if asked.names.is_empty() {
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
        if asked.names.is_empty() {
            let length = length(&page);
            self.inner.page_size.store(length, Ordering::Relaxed);
        }
        Written {
            cut_short: ran.is_cut_short.then_some(asked.until),
            page,
            failed,
        }
    }

    /// How long the last page was, in bytes.
    pub(crate) fn last_length(&self) -> usize {
        self.inner.page_size.load(Ordering::Relaxed)
    }
}
