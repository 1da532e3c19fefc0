//! Compression of the page, as the client accepts it.

#[cfg(feature = "gzip")]
use std::io::Write;

/// A page is compressed once and read once: the fastest that still makes it an order smaller.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 1;

/// How a page is coded on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Coding {
    Identity,
    #[cfg(feature = "gzip")]
    Gzip,
    #[cfg(feature = "zstd")]
    Zstd,
}

/// What there is, the best first.
const CODINGS: &[Coding] = &[
    #[cfg(feature = "zstd")]
    Coding::Zstd,
    #[cfg(feature = "gzip")]
    Coding::Gzip,
    Coding::Identity,
];

impl Coding {
    /// The best coding among those that the client likes most, by RFC 9110, 12.5.3. A client that
    /// refuses all gets the page as it is: it is worth more than an error.
    pub(super) fn negotiate(accept: Option<&str>) -> Self {
        let Some(accept) = accept else {
            return Coding::Identity;
        };
        let mut best = (Coding::Identity, 0);
        for &coding in CODINGS {
            let quality = quality(accept, coding);
            if quality > best.1 {
                best = (coding, quality);
            }
        }
        best.0
    }

    fn name(self) -> &'static str {
        match self {
            Coding::Identity => "identity",
            #[cfg(feature = "gzip")]
            Coding::Gzip => "gzip",
            #[cfg(feature = "zstd")]
            Coding::Zstd => "zstd",
        }
    }

    /// The value of `content-encoding`, if there is one.
    pub(super) fn header(self) -> Option<&'static str> {
        (self != Coding::Identity).then(|| self.name())
    }

    /// The page in this coding, or as it is if it cannot be compressed; and which of the two.
    pub(super) fn encode(self, page: Vec<u8>) -> (Self, Vec<u8>) {
        self.encode_with(page, Coding::compress)
    }

    fn encode_with(
        self,
        page: Vec<u8>,
        compress: impl FnOnce(Self, &[u8]) -> Option<Vec<u8>>,
    ) -> (Self, Vec<u8>) {
        match compress(self, &page) {
            Some(coded) => (self, coded),
            None => (Coding::Identity, page),
        }
    }

    fn compress(self, page: &[u8]) -> Option<Vec<u8>> {
        // Without features there is nothing to compress with.
        let _ = page;
        match self {
            Coding::Identity => None,
            #[cfg(feature = "gzip")]
            Coding::Gzip => gzip(page),
            #[cfg(feature = "zstd")]
            Coding::Zstd => zstd::bulk::compress(page, ZSTD_LEVEL).ok(),
        }
    }
}

/// The page, compressed with gzip.
#[cfg(feature = "gzip")]
pub(crate) fn gzip(page: &[u8]) -> Option<Vec<u8>> {
    let mut coded = flate2::write::GzEncoder::new(
        Vec::with_capacity(page.len() / 8),
        flate2::Compression::fast(),
    );
    coded.write_all(page).ok()?;
    coded.finish().ok()
}

/// How much the client likes a coding, in thousandths; what it does not name it does not accept,
/// but for the page as it is, which it then accepts least.
fn quality(accept: &str, coding: Coding) -> u32 {
    let mut any = None;
    for item in accept.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")))
            .map_or(1000, thousandths);
        let is_gzip = coding.name() == "gzip" && name.eq_ignore_ascii_case("x-gzip");
        if name.eq_ignore_ascii_case(coding.name()) || is_gzip {
            return weight;
        }
        if name == "*" {
            any = Some(weight);
        }
    }
    match coding {
        Coding::Identity => any.unwrap_or(1).max(1),
        #[cfg(any(feature = "gzip", feature = "zstd"))]
        _ => any.unwrap_or(0),
    }
}

/// A weight from 0 to 1; what is none counts as 0.
fn thousandths(text: &str) -> u32 {
    match text.trim().parse::<f32>() {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 1000"
        )]
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0).round() as u32,
        _ => 0,
    }
}

#[cfg(all(test, feature = "gzip", feature = "zstd"))]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_compressed_is_sent_as_it_is() {
        let page = b"orders_total 3\n".to_vec();
        for coding in [Coding::Gzip, Coding::Zstd] {
            let (sent, coded) = coding.encode(page.clone());
            assert_eq!(sent.header(), Some(coding.name()));
            assert_ne!(coded, page);
            let (sent, plain) = coding.encode_with(page.clone(), |_, _| None);
            assert_eq!((sent.header(), &plain), (None, &page));
        }
    }

    #[test]
    fn the_client_decides_and_the_better_coding_wins_a_tie() {
        for (accept, expected) in [
            (None, Coding::Identity),
            (Some(""), Coding::Identity),
            (Some("gzip"), Coding::Gzip),
            (Some("x-gzip"), Coding::Gzip),
            (Some("GZIP;q=0.5"), Coding::Gzip),
            (Some("gzip, deflate, br, zstd"), Coding::Zstd),
            (Some("zstd;q=0.2, gzip;q=0.9"), Coding::Gzip),
            (Some("gzip;q=0"), Coding::Identity),
            (Some("gzip;q=0.5, identity;q=0.6"), Coding::Identity),
            (Some("*"), Coding::Zstd),
            (Some("*;q=0"), Coding::Identity),
            (Some("*;q=0.5, zstd;q=0"), Coding::Gzip),
            (Some("br;q=1.0"), Coding::Identity),
            (Some("gzip;q=lots"), Coding::Identity),
            (Some(";;,,q=1;gzip"), Coding::Identity),
            (Some("identity;q=0, gzip"), Coding::Gzip),
        ] {
            assert_eq!(Coding::negotiate(accept), expected, "{accept:?}");
        }
    }
}
