//! Bodies as clients read them.

use std::io::Read as _;

use vitalsigns::Answer;

/// The body of an answer without its coding.
pub(crate) fn decoded(answer: &Answer) -> Vec<u8> {
    match answer.header("content-encoding") {
        None => answer.body.to_vec(),
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut coded = flate2::read::GzDecoder::new(&answer.body[..]);
            coded.read_to_end(&mut plain).expect("whole gzip");
            plain
        }
        Some("zstd") => zstd::stream::decode_all(&answer.body[..]).expect("whole zstd"),
        Some(other) => panic!("a coding that nobody asked for: {other}"),
    }
}
