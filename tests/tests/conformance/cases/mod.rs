//! The table: every case, by what it is about.

mod answers;
mod bodies;
mod grpc;
mod h1;
mod h2;
mod layers;
mod leaving;
mod load;
mod methods;
mod panics;
mod routing;
mod shutdown;
mod upgrades;

use crate::case::Case;

/// All cases.
pub(crate) fn table() -> Vec<Case> {
    [
        methods::cases(),
        routing::cases(),
        answers::cases(),
        bodies::cases(),
        leaving::cases(),
        panics::cases(),
        layers::cases(),
        h1::cases(),
        h2::cases(),
        grpc::cases(),
        upgrades::cases(),
        load::cases(),
        shutdown::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
