//! Functions that are unsafe to call stay so, and their bodies are what they were.

#![deny(warnings)]

use vitalsigns::instrument_metrics;

static VALUE: u32 = 7;

#[instrument_metrics]
unsafe fn read(pointer: *const u32) -> u32 {
    unsafe { *pointer }
}

#[instrument_metrics]
pub(crate) unsafe extern "C" fn for_c(pointer: *const u32) -> u32 {
    if pointer.is_null() {
        return 0;
    }
    unsafe { *pointer }
}

#[instrument_metrics]
async unsafe fn later(pointer: *const u32) -> u32 {
    unsafe { *pointer }
}

trait Raw {
    unsafe fn raw(&self) -> u32;
}

unsafe impl Send for Wrapped {}

struct Wrapped(*const u32);

#[instrument_metrics]
impl Raw for Wrapped {
    unsafe fn raw(&self) -> u32 {
        unsafe { read(self.0) }
    }
}

fn main() {
    assert_eq!(unsafe { read(&VALUE) }, 7);
    assert_eq!(unsafe { for_c(std::ptr::null()) }, 0);
    drop(unsafe { later(&VALUE) });
    assert_eq!(unsafe { Wrapped(&VALUE).raw() }, 7);
}
