#![allow(unused_imports)]

use vitalsigns::families::VideoGeneration;
use vitalsigns::families::video::{ErrorKind, Output};
use vitalsigns::{LabelValue, instrument_metrics};

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
}

#[instrument_metrics(on = video, theme = Theme::Tech, ok = |it| *it)]
fn generate(video: &VideoGeneration<Theme>) -> Result<Output, String> {
    Ok(Output::default())
}

fn main() {}
