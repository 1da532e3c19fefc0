use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    a: bool,
    b: bool,
    c: bool,
    d: bool,
    e: bool,
    f: bool,
    g: bool,
    i: bool,
    j: bool,
    k: bool,
    n: bool,
    o: bool,
    p: bool,
    q: bool,
    r: bool,
    s: bool,
    u: bool,
}

fn main() {}
