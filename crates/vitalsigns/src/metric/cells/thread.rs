//! The leaves of the thread that asks.

use std::cell::{Cell, RefCell};

use super::space::{Leaf, Leaves, SHELVES, Space, space};

// Two variables, because one that has a destructor has to be asked each time whether that has run.
#[cfg(not(loom))]
thread_local! {
    /// The leaves of this thread by their shelves, for those who record.
    static TABLE: [Cell<Option<&'static Leaf>>; SHELVES] = const { [const { Cell::new(None) }; SHELVES] };
    static OWNER: Owner = const { Owner(RefCell::new(None)) };
}

#[cfg(loom)]
loom::thread_local! {
    static TABLE: [Cell<Option<&'static Leaf>>; SHELVES] = std::array::from_fn(|_| Cell::new(None));
    static OWNER: Owner = Owner(RefCell::new(None));
}

/// Has the leaves of a thread, once it has some, and passes them on when the thread ends.
struct Owner(RefCell<Option<(&'static Space, Leaves)>>);

/// The leaf of this thread on a shelf, if it has one.
#[inline]
pub(super) fn leaf(shelf: u8) -> Option<&'static Leaf> {
    let find = |table: &[Cell<Option<&'static Leaf>>; SHELVES]| {
        // There are as many as a byte can tell apart.
        table[usize::from(shelf) % SHELVES].get()
    };
    TABLE.try_with(find).ok().flatten()
}

/// The leaf of this thread on a shelf, which is made if it can be.
pub(super) fn claim(shelf: u8) -> Option<&'static Leaf> {
    OWNER.try_with(|owner| owner.claim(shelf)).ok().flatten()
}

impl Owner {
    fn claim(&self, shelf: u8) -> Option<&'static Leaf> {
        // An allocator that records comes here while this allocates.
        let mut owned = self.0.try_borrow_mut().ok()?;
        let (space, leaves) = match &mut *owned {
            Some(owned) => owned,
            none => {
                let leaves = space().adopt()?;
                leaves.iter().for_each(|leaf| list(leaf.shelf, Some(leaf)));
                none.insert((space(), leaves))
            }
        };
        // Not in the table, which where threads have no variables of their own may be gone.
        if let Some(leaf) = leaves.iter().find(|leaf| leaf.shelf == shelf) {
            return Some(leaf);
        }
        let leaf = space.grow(shelf)?;
        leaves.push(leaf);
        list(shelf, Some(leaf));
        Some(leaf)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some((space, leaves)) = self.0.take() {
            // First, so that destructors that come later record elsewhere.
            leaves.iter().for_each(|leaf| list(leaf.shelf, None));
            space.leave(leaves);
        }
    }
}

fn list(shelf: u8, leaf: Option<&'static Leaf>) {
    // Without it each recording asks the owner, which is right as well.
    let _ = TABLE.try_with(|table| table[usize::from(shelf) % SHELVES].set(leaf));
}
