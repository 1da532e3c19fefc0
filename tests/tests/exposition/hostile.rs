//! Names, texts and numbers that are hard to write, from a seed.

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    fn char(&mut self) -> char {
        const AWKWARD: [char; 20] = [
            '"',
            '\\',
            '\n',
            '\r',
            '{',
            '}',
            ',',
            '=',
            '#',
            ' ',
            '\t',
            '\0',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{2028}',
            '\u{feff}',
            '\u{fffd}',
            'n',
            '\u{1f3a5}',
        ];
        match self.below(4) {
            0 => self.one_of(&AWKWARD),
            1 => char::from_u32(self.below(0x11_0000) as u32).unwrap_or('\u{10ffff}'),
            _ => char::from(b'a' + self.below(26) as u8),
        }
    }

    /// Any text, of a few characters at most.
    pub(crate) fn text(&mut self) -> String {
        match self.below(8) {
            0 => String::new(),
            1 => self
                .one_of(&[
                    "# EOF", "# EOF\n", "other", "\\n", "\\\\", "+Inf", "a=\"b\"", "} 1",
                ])
                .to_owned(),
            _ => (0..self.below(8)).map(|_| self.char()).collect(),
        }
    }

    pub(crate) fn whole(&mut self) -> u64 {
        match self.below(4) {
            0 => self.one_of(&[
                0,
                1,
                u64::MAX,
                u64::MAX - 1,
                1 << 53,
                (1 << 53) + 1,
                i64::MAX as u64,
            ]),
            1 => self.next(),
            _ => self.below(1000) as u64,
        }
    }

    pub(crate) fn number(&mut self) -> f64 {
        const AWKWARD: [f64; 16] = [
            0.0,
            -0.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            5e-324,
            -5e-324,
            2.2e-308,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            f64::EPSILON,
            0.1,
            1e21,
            123_456_789.0,
            1e-7,
        ];
        match self.below(4) {
            0 => self.one_of(&AWKWARD),
            1 => f64::from_bits(self.next()),
            2 => self.below(1_000_000) as f64 / 1024.0,
            _ => self.below(100) as f64 - 20.0,
        }
    }

    /// A name that may be refused.
    pub(crate) fn name(&mut self, suffixes: &[&str]) -> String {
        const WORDS: [&str; 14] = [
            "jobs", "queue", "http", "a", "z9", "size", "time", "le", "quantile", "inf", "nan",
            "created", "eof", "help",
        ];
        let mut name = String::new();
        for _ in 0..=self.below(3) {
            match self.below(8) {
                0 => name.push_str(&self.text()),
                1 => name
                    .extend((0..=self.below(6)).map(|_| char::from(b'a' + self.below(26) as u8))),
                _ => name.push_str(self.one_of(&WORDS)),
            }
            name.push('_');
        }
        name.pop();
        // An empty one would be the namespace alone.
        if name.is_empty() {
            name.push('x');
        }
        name + self.one_of(suffixes)
    }
}
