//! The chain from pages to receivers, with the programs that it is made of.

mod faults;
mod shorter;
mod stage;
mod system;
