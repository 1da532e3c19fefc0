//! What the derives have the compiler check. Each function says what is wrong, if anything is, and
//! the derive stops the compilation with it at the token in question.

use crate::kind::Kind;
use crate::metric::{BucketFault, check_buckets, default_buckets};
use crate::name::{self, NameFault};

type Complaint = Option<&'static str>;

/// The name of a metric, without the namespace that is known at run time only.
pub const fn metric_name(full: &str, kind: Kind) -> Complaint {
    complaint(name::check_metric(full, kind))
}

/// The unit that an attribute declares.
pub const fn unit(full: &str, kind: Kind, unit: &str) -> Complaint {
    complaint(name::check_unit(full, kind, unit))
}

/// The bounds that an attribute declares.
pub const fn buckets(kind: Kind, bounds: &[f64]) -> Complaint {
    if !matches!(kind, Kind::Histogram) {
        return Some("only a histogram has buckets; leave them out");
    }
    match check_buckets(bounds) {
        Ok(()) => None,
        Err(fault) => Some(fault.message()),
    }
}

/// What kinds of buckets an attribute declares.
pub const fn histogram_form(kind: Kind) -> Complaint {
    if matches!(kind, Kind::Histogram) {
        return None;
    }
    Some("only a histogram has buckets of either kind; leave `histogram` out")
}

/// What an attribute says of exemplars.
pub const fn exemplars(kind: Kind) -> Complaint {
    if matches!(kind, Kind::Counter | Kind::Histogram) {
        return None;
    }
    Some("only a counter or a histogram has exemplars; leave `exemplars` out")
}

/// That a histogram without declared bounds has a unit that gives them.
pub const fn has_default_buckets(name: &str, kind: Kind) -> Complaint {
    if matches!(kind, Kind::Histogram) && default_buckets(name::unit_of(name, kind)).is_none() {
        return Some(BucketFault::None.message());
    }
    None
}

/// The prefix of a group.
pub const fn prefix(prefix: &str) -> Complaint {
    complaint(name::check_prefix(prefix))
}

/// The name of a label.
pub const fn label_name(label: &str) -> Complaint {
    complaint(name::check_label(label))
}

/// Whether a label identifies somebody; the message has its name in it, so the derive writes it.
pub const fn identifies(label: &str) -> bool {
    name::identifies(label)
}

const fn complaint(verdict: Result<(), NameFault>) -> Complaint {
    match verdict {
        Ok(()) => None,
        Err(fault) => Some(fault.message()),
    }
}
