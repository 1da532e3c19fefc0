//! What a handler answers, in words that any framework can be taught.

use std::time::Duration;

/// A response: head and body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: Content,
}

/// What a body is for the framework.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// No body.
    Empty,
    /// A text whose length is known.
    Text(&'static str),
    /// A stream that does not know its length. If the headers have a `content-length`, it stays.
    Stream(&'static [Part]),
}

/// What a stream does next. After the last part it is at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// A chunk.
    Chunk(&'static str),
    /// So many chunks of a mebibyte each.
    Mebibytes(usize),
    /// Trailers, behind which nothing comes.
    Trailers(&'static [(&'static str, &'static str)]),
    /// Some time passes.
    Pause(Duration),
    /// Never goes on.
    Hang,
    /// Fails.
    Fail,
    /// Panics.
    Panic,
}

/// What is in a mebibyte of a stream.
pub(crate) static MEBIBYTE: [u8; 1 << 20] = [b'.'; 1 << 20];

impl Reply {
    pub(crate) const fn new(status: u16, body: Content) -> Self {
        Reply {
            status,
            headers: &[],
            body,
        }
    }

    pub(crate) const fn text(text: &'static str) -> Self {
        Reply::new(200, Content::Text(text))
    }

    pub(crate) const fn status(status: u16) -> Self {
        Reply::new(status, Content::Empty)
    }

    pub(crate) const fn stream(parts: &'static [Part]) -> Self {
        Reply::new(200, Content::Stream(parts))
    }

    /// With these headers.
    pub(crate) const fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Reply { headers, ..self }
    }
}
