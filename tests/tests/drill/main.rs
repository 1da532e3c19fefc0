//! The endpoint when everything around it goes wrong: collectors that fail in every way, and more
//! scrapes at once than there should be.

mod door;
mod faults;
mod load;
