#![allow(unused_imports)]

use vitalsigns::families::VideoGeneration;
use vitalsigns::families::video::{ErrorKind, Output};
use vitalsigns::{LabelValue, instrument_metrics};

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
}

#[instrument_metrics(on = video, theme = Theme::Tech, error = |_| ErrorKind::Timeout)]
fn generate(video: &VideoGeneration<Theme>) -> Result<u32, String> {
    Ok(1)
}

fn main() {}
