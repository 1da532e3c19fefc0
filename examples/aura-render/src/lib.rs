//! A small video service.
