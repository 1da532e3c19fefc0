//! Extra labels, found in the extensions of requests and responses.

use std::fmt;
use std::sync::Arc;

use actix_web::dev::Extensions;
use vitalsigns::LabelValue;
use vitalsigns::families::http::RequestGuard;

/// The types to look for; mostly there are none.
#[derive(Clone, Default)]
pub(crate) struct ExtensionLabels(Option<Arc<[Find]>>);

/// Tells the guard the value of one label, if it is there.
type Find = fn(&Extensions, &mut RequestGuard);

impl ExtensionLabels {
    pub(crate) fn add<T: LabelValue + 'static>(&mut self) {
        let find: Find = |extensions, guard| {
            if let Some(value) = extensions.get::<T>() {
                guard.label(value);
            }
        };
        let known = self.0.iter().flat_map(|known| known.iter().copied());
        self.0 = Some(known.chain([find]).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    pub(crate) fn find(&self, extensions: &Extensions, guard: &mut RequestGuard) {
        for find in self.0.iter().flat_map(|finds| finds.iter()) {
            find(extensions, guard);
        }
    }
}

impl fmt::Debug for ExtensionLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |finds| finds.len());
        f.debug_tuple("ExtensionLabels").field(&count).finish()
    }
}
