//! Health, with a real PostgreSQL and a real Redis that go wrong in every way: the probes answer, the
//! page is served, the states are right, and all is well again without a restart.

mod databases;
mod drill;
mod watch;
