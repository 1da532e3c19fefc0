//! Tests of the service over real sockets, and of the program.

mod cancel;
mod download;
mod errors;
mod ffmpeg;
mod life;
mod program;
mod queue;
mod retention;
mod support;
