//! Blocks that lie side by side, so that who records into all of them looks for its words once.

use super::{Block, Own, Place, Room, space};
use crate::sync::atomic::{AtomicU32, Ordering};

/// Where some blocks lie side by side.
#[derive(Debug)]
pub(in crate::metric) struct Row(AtomicU32);

/// A block of a row, and the room of its family.
pub(in crate::metric) type Member<'a> = (&'a Block, Option<&'a Room>);

impl Row {
    /// A row to be placed when it is needed; it never is if its blocks are placed elsewhere by then.
    pub(in crate::metric) fn new() -> Self {
        Row(AtomicU32::new(Place::NONE.0))
    }

    /// The words that this thread has for all members, one after the other, if it has any.
    #[inline]
    pub(in crate::metric) fn own(&self) -> Option<Own> {
        Own::at(self.place())
    }

    /// The same; words are made if there can be any in a row. The members are always the same.
    #[cold]
    pub(in crate::metric) fn claim(&self, members: &[Member<'_>]) -> Option<Own> {
        match self.place() {
            Place::SHARED => None,
            Place::NONE => Own::claim(self.put(members)?),
            place => Own::claim(place),
        }
    }

    /// Places the row; nothing if there is none, or if that is to be tried another time.
    fn put(&self, members: &[Member<'_>]) -> Option<Place> {
        let are_new = members
            .iter()
            .all(|(block, _)| block.place() == Place::NONE);
        if are_new && !put_side_by_side(members)? {
            return self.settle(Place::SHARED);
        }
        let (first, _) = members.first()?;
        let start = first.place();
        let mut place = start;
        let mut is_row = start.is_somewhere();
        for (block, _) in members {
            is_row = is_row && block.place() == place;
            place = place.after(block.words);
        }
        self.settle(if is_row { start } else { Place::SHARED })
    }

    fn settle(&self, place: Place) -> Option<Place> {
        // Release: see `Block::put_at`. Who else comes here stores the same: places do not change.
        self.0.store(place.0, Ordering::Release);
        place.is_somewhere().then_some(place)
    }

    #[inline]
    fn place(&self) -> Place {
        Place(self.0.load(Ordering::Acquire))
    }
}

/// False if there is no place for all of them; nothing if somebody is at it.
fn put_side_by_side(members: &[Member<'_>]) -> Option<bool> {
    let mut taken = Vec::with_capacity(members.len());
    taken.extend(members.iter().map_while(|(block, room)| {
        let room = room.filter(|room| room.take())?;
        Some((*block, room))
    }));
    let found = match taken.len() == members.len() {
        true => space().find(taken.iter().map(|(block, _)| block.words).sum()),
        false => Some(Place::SHARED),
    };
    match found {
        Some(mut place) if place.is_somewhere() => {
            for (block, room) in taken {
                // One that somebody has placed meanwhile stays where it is.
                block.put_at(place, room);
                place = place.after(block.words);
            }
            Some(true)
        }
        none => {
            taken.iter().for_each(|(_, room)| room.give_back());
            none.map(|_| false)
        }
    }
}
