//! What the example services share, beside the library that they are about.
//!
//! An example is a program that visits itself: [`program`] reads its flags and tells when it is to
//! stop, [`demo`] says when a visit is due, [`random`] which one, and [`client`] makes it. What it keeps is in a [`folder`].

pub mod client;
pub mod demo;
pub mod folder;
pub mod program;
pub mod random;
#[cfg(feature = "testing")]
pub mod testing;
