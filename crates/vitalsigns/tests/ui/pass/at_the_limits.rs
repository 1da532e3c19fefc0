//! As many labels and as many states as there can be.

use vitalsigns::{Family, Gauge, LabelSet, LabelValue, MetricGroup, Registry, StateSet};

macro_rules! sixty_four {
    ($($name:ident)+) => {
        #[allow(dead_code)]
        #[derive(LabelValue)]
        enum Square {
            $($name),+
        }
    };
}

sixty_four! {
    A1 A2 A3 A4 A5 A6 A7 A8 B1 B2 B3 B4 B5 B6 B7 B8 C1 C2 C3 C4 C5 C6 C7 C8 D1 D2 D3 D4 D5 D6 D7 D8
    E1 E2 E3 E4 E5 E6 E7 E8 F1 F2 F3 F4 F5 F6 F7 F8 G1 G2 G3 G4 G5 G6 G7 G8 H1 H2 H3 H4 H5 H6 H7 H8
}

#[derive(LabelSet, Default)]
struct Bits {
    a: bool,
    b: bool,
    c: bool,
    d: bool,
    e: bool,
    f: bool,
    g: bool,
    h: bool,
    i: bool,
    j: bool,
    k: bool,
    l: bool,
    m: bool,
    n: bool,
    o: bool,
    p: bool,
}

#[derive(MetricGroup)]
struct Board {
    /// Flags.
    flags: Family<Bits, Gauge>,
    /// Squares.
    occupied: StateSet<Square>,
}

fn main() {
    let board = Board::register(&Registry::new()).unwrap();
    board.flags.with(&Bits { p: true, ..Bits::default() }).set(5);
    assert_eq!(board.flags.with(&Bits { p: true, ..Bits::default() }).get(), 5);
    board.occupied.set(Square::H8);
    assert!(board.occupied.is_on(Square::H8) && !board.occupied.is_on(Square::A1));
}
