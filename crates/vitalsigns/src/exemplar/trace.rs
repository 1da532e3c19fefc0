//! Where a request belongs in a trace: the W3C Trace Context.

use std::fmt;

/// Which trace an event belongs to, and to which span of it.
///
/// Its [`Display`](fmt::Display) is the `traceparent` header that it was read from.
///
/// # Examples
///
/// ```
/// use vitalsigns::TraceContext;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let trace = TraceContext::parse(header).unwrap();
/// assert!(trace.is_sampled());
/// assert_eq!(trace.to_string(), header);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    is_sampled: bool,
}

impl TraceContext {
    /// Reads a `traceparent` header, `00-<trace id>-<span id>-<flags>` in lower-case hexadecimal.
    ///
    /// `None` if it is anything else, or if one of the identifiers is all zeros. Of versions after
    /// `00` the same four parts are read and what follows them is left, as the recommendation
    /// demands.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::TraceContext;
    ///
    /// let unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    /// assert!(!TraceContext::parse(unsampled).unwrap().is_sampled());
    /// assert_eq!(TraceContext::parse(&unsampled.to_uppercase()), None);
    /// ```
    pub fn parse(traceparent: &str) -> Option<Self> {
        let (parts, rest) = traceparent.as_bytes().split_first_chunk::<55>()?;
        let [version] = hex(&parts[..2])?;
        let ends = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.first().is_none_or(|next| *next == b'-'),
        };
        let is_split = [2, 35, 52].into_iter().all(|at| parts[at] == b'-');
        if !(ends && is_split) {
            return None;
        }
        let [flags] = hex(&parts[53..])?;
        TraceContext::from_ids(hex(&parts[3..35])?, hex(&parts[36..52])?, flags & 1 == 1)
    }

    /// The context with these identifiers, as tracing libraries have them; `None` if one of them
    /// is all zeros, which stands for none.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::TraceContext;
    ///
    /// assert!(TraceContext::from_ids([7; 16], [9; 8], true).is_some());
    /// assert!(TraceContext::from_ids([0; 16], [9; 8], true).is_none());
    /// ```
    pub fn from_ids(trace_id: [u8; 16], span_id: [u8; 8], is_sampled: bool) -> Option<Self> {
        (trace_id != [0; 16] && span_id != [0; 8]).then_some(TraceContext {
            trace_id,
            span_id,
            is_sampled,
        })
    }

    /// The identifier of the trace.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::TraceContext;
    /// let trace = TraceContext::from_ids([7; 16], [9; 8], true).unwrap();
    /// assert_eq!(trace.trace_id(), [7; 16]);
    /// ```
    pub fn trace_id(&self) -> [u8; 16] {
        self.trace_id
    }

    /// The identifier of the span. In a header, that is the one of who sent it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::TraceContext;
    /// let trace = TraceContext::from_ids([7; 16], [9; 8], true).unwrap();
    /// assert_eq!(trace.span_id(), [9; 8]);
    /// ```
    pub fn span_id(&self) -> [u8; 8] {
        self.span_id
    }

    /// Whether the trace is recorded, as far as is known, so that it can be found later.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::TraceContext;
    /// let trace = TraceContext::from_ids([7; 16], [9; 8], false).unwrap();
    /// assert!(!trace.is_sampled());
    /// ```
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{:032x}-{:016x}-{:02x}",
            u128::from_be_bytes(self.trace_id),
            u64::from_be_bytes(self.span_id),
            u8::from(self.is_sampled)
        )
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceContext({self})")
    }
}

/// Bytes from twice as many lower-case digits.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_header_is_read_to_the_letter() {
        let trace = TraceContext::parse(HEADER).unwrap();
        assert_eq!(trace.to_string(), HEADER);
        assert_eq!(trace.trace_id()[..2], [0x4b, 0xf9]);
        assert_eq!(trace.span_id()[6..], [0x02, 0xb7]);
        let zero = |from: usize, to: usize| {
            let zeros = "0".repeat(to - from);
            format!("{}{zeros}{}", &HEADER[..from], &HEADER[to..])
        };
        for wrong in [
            String::new(),
            HEADER.to_uppercase(),
            format!(" {HEADER}"),
            format!("{HEADER} "),
            format!("{HEADER}-"),
            format!("{HEADER}-00"),
            HEADER[..54].to_owned(),
            HEADER.replace('-', "_"),
            HEADER.replace("4b", "4g"),
            HEADER.replace("4b", "+b"),
            HEADER.replacen("00", "ff", 1),
            HEADER.replace("4b", "ä"),
            zero(3, 35),
            zero(36, 52),
        ] {
            assert_eq!(TraceContext::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_later_version_has_the_same_parts_in_front() {
        let later = HEADER.replacen("00", "cc", 1);
        let read = TraceContext::parse(HEADER);
        assert_eq!(TraceContext::parse(&later), read);
        assert_eq!(TraceContext::parse(&format!("{later}-what-comes")), read);
        assert_eq!(TraceContext::parse(&format!("{later}.")), None);
    }

    #[test]
    fn only_the_lowest_flag_says_that_it_is_sampled() {
        for (flags, is_sampled) in [("00", false), ("01", true), ("02", false), ("ff", true)] {
            let header = format!("{}{flags}", &HEADER[..53]);
            let trace = TraceContext::parse(&header).unwrap();
            assert_eq!(trace.is_sampled(), is_sampled, "{flags}");
        }
    }
}
