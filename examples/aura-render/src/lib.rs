//! aura-render: a small video service.
//!
//! A request names a theme and a length; a worker plans scenes, draws the frames, encodes them
//! (with ffmpeg, or as an animated GIF where there is none) and puts the file into a bucket.
//!
//! [`Server::start`] runs it on a socket, [`Service::start`] without one. All state belongs to the
//! service and is handed on explicitly, so that any number of services can run in one process.

pub mod api;
pub mod blocking;
pub mod config;
pub mod demo;
pub mod error;
pub mod failure;
pub mod font;
pub mod frames;
pub mod health;
pub mod jobs;
pub mod metrics;
pub mod optimise;
pub mod page;
pub mod plan;
pub mod program;
pub mod quality;
pub mod render;
pub mod server;
pub mod service;
pub mod storage;
pub mod theme;

pub use config::{Config, Format, RendererChoice};
pub use server::Server;
pub use service::{Service, StartError};
