//! Noticing a panic of the code inside.

use vitalsigns::families::http::RequestGuard;

/// Tells the guard if the code in this scope panics.
///
/// A layer further out may catch the panic and drop the guard in peace later on, when nothing
/// tells a panic from a client that left.
pub(crate) struct PanicWatch<'a>(pub(crate) &'a mut Option<RequestGuard>);

impl Drop for PanicWatch<'_> {
    fn drop(&mut self) {
        if let (Some(guard), true) = (&mut self.0, std::thread::panicking()) {
            guard.panicked();
        }
    }
}
