#![allow(unused_imports)]

use vitalsigns::families::VideoGeneration;
use vitalsigns::families::video::{ErrorKind, Output};
use vitalsigns::{LabelValue, instrument_metrics};

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
}

#[instrument_metrics(on = video, theme = theme, ok = |it| *it, error = |it| *it)]
fn generate(video: &VideoGeneration<Theme>, theme: String) -> Result<Output, ErrorKind> {
    Ok(Output::default())
}

fn main() {}
