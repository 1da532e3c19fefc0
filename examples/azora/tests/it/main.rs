//! Tests of the service over real sockets, and of the program.

mod demo;
mod errors;
mod gateway;
mod http;
mod lessons;
mod life;
mod payments;
mod program;
mod returned;
mod support;
mod users;
