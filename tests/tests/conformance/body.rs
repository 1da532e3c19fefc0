//! A response body that does what the parts of a reply say.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use tokio::time::Sleep;

use crate::reply::{MEBIBYTE, Part};

/// A stream of unknown length, as [`http_body`] has it.
pub(crate) struct Scripted {
    parts: &'static [Part],
    mebibytes: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Scripted {
    pub(crate) fn new(parts: &'static [Part]) -> Self {
        Scripted {
            parts,
            mebibytes: 0,
            pause: None,
        }
    }
}

impl http_body::Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            if self.mebibytes > 0 {
                self.mebibytes -= 1;
                return frame(Frame::data(Bytes::from_static(&MEBIBYTE)));
            }
            let Some((part, rest)) = self.parts.split_first() else {
                return Poll::Ready(None);
            };
            self.parts = rest;
            match *part {
                Part::Chunk(text) => {
                    return frame(Frame::data(Bytes::from_static(text.as_bytes())));
                }
                Part::Mebibytes(count) => self.mebibytes = count,
                Part::Trailers(trailers) => return frame(Frame::trailers(map(trailers))),
                Part::Pause(time) => self.pause = Some(Box::pin(tokio::time::sleep(time))),
                Part::Hang => {
                    // Servers ask again, for reasons of their own.
                    self.parts = &[Part::Hang];
                    return Poll::Pending;
                }
                Part::Fail => {
                    return Poll::Ready(Some(Err(io::Error::other("the disk is gone"))));
                }
                Part::Panic => panic!("the body panics, as the test wants it"),
            }
        }
    }
}

fn frame(frame: Frame<Bytes>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
    Poll::Ready(Some(Ok(frame)))
}

/// Headers, or trailers.
pub(crate) fn map(pairs: &'static [(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        })
        .collect()
}
