//! What a dashboard is made of, and how Grafana writes it down.

mod colour;
mod frame;
mod panel;
mod target;
mod visual;

use serde_json::{Value, json};

pub use colour::{Colour, Step};
pub(super) use frame::capitalised;
pub use frame::{Dashboard, Row};
pub use panel::Panel;
pub(super) use panel::Word;
pub use target::Target;
pub use visual::Visual;

/// The data source that the dashboard has chosen: never a fixed one.
fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}
