//! Choices from bytes.

use std::borrow::Cow;

/// Bytes that are used up from the front; behind the end there are zeros.
pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Bytes(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *byte
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// A float: one that is often trouble, a small one, or any.
    pub(crate) fn float(&mut self) -> f64 {
        const TROUBLE: [f64; 10] = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.0,
            5e-324,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            1e6,
            0.5,
        ];
        match self.byte() {
            place @ 0..32 => TROUBLE[usize::from(place) % TROUBLE.len()],
            small @ 32..128 => f64::from(small) - 48.0,
            _ => f64::from_bits(self.word()),
        }
    }

    /// Text of up to 255 bytes; what is no UTF-8 in it is replaced.
    pub(crate) fn text(&mut self) -> Cow<'a, str> {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text)
    }
}
