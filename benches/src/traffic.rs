//! The requests of scenario A: 300 combinations of method, route and status, in an order that is
//! fixed and looks random.

use std::time::Duration;

use crate::measure::Load;

/// The requests repeat after this many.
pub(crate) const CYCLE: u64 = 4096;

/// The upper bounds of the histogram.
pub(crate) const BOUNDS: [f64; 14] = match vitalsigns::SECONDS_BUCKETS.first_chunk() {
    Some(bounds) => *bounds,
    None => panic!("there are 14"),
};
const _: () = assert!(BOUNDS.len() == vitalsigns::SECONDS_BUCKETS.len());

pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) route: String,
    pub(crate) status: &'static str,
    pub(crate) code: u16,
    /// A multiple of 1/512, so that every sum is exact.
    pub(crate) seconds: f64,
    /// The same, which is a whole number of nanoseconds.
    pub(crate) elapsed: Duration,
}

pub(crate) struct Traffic {
    /// One for each series.
    pub(crate) requests: Vec<Request>,
    /// Places in `requests`.
    sequence: Vec<u16>,
}

pub(crate) const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
pub(crate) const STATUSES: [(&str, u16); 4] =
    [("200", 200), ("201", 201), ("404", 404), ("500", 500)];

impl Traffic {
    pub(crate) fn new() -> Self {
        let request = |place: u16| {
            let (status, code) = STATUSES[usize::from(place * 7) % STATUSES.len()];
            let resource = usize::from(place) / METHODS.len();
            let seconds = f64::from(1 + place * 9) / 512.0;
            Request {
                method: METHODS[usize::from(place) % METHODS.len()],
                route: format!("/api/v1/resource-{resource:02}/items/:id"),
                status,
                code,
                seconds,
                elapsed: Duration::from_secs_f64(seconds),
            }
        };
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut xorshift = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as u16 % 300
        };
        Traffic {
            requests: (0..300).map(request).collect(),
            sequence: (0..CYCLE).map(|_| xorshift()).collect(),
        }
    }

    #[inline]
    pub(crate) fn place(&self, number: u64) -> usize {
        usize::from(self.sequence[(number % CYCLE) as usize])
    }

    #[inline]
    pub(crate) fn request(&self, number: u64) -> &Request {
        &self.requests[self.place(number)]
    }

    /// The lines that a page has after this load.
    pub(crate) fn expected(&self, load: Load) -> Vec<String> {
        let mut counts = vec![0; self.requests.len()];
        for number in load.ranges().flatten() {
            counts[self.place(number)] += load.runs();
        }
        let mut lines = Vec::new();
        for (request, count) in self.requests.iter().zip(counts) {
            if count == 0 {
                continue;
            }
            let Request { method, route, .. } = request;
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            let status = request.status;
            lines.push(format!(
                "http_requests_total{{{labels},status=\"{status}\"}} {count}"
            ));
            let name = "http_request_duration_seconds";
            lines.push(format!("{name}_count{{{labels}}} {count}"));
            let sum = request.seconds * count as f64;
            lines.push(format!("{name}_sum{{{labels}}} {sum:?}"));
        }
        lines
    }
}
