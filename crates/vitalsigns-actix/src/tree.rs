//! Patterns by their segments.

/// Finds the pattern that a path looks like, among those whose captures are whole segments.
#[derive(Debug)]
pub(crate) struct Tree<T> {
    /// In the order of the segments: there are few, and halving beats hashing.
    literal: Vec<(Box<str>, Tree<T>)>,
    capture: Option<Box<Tree<T>>>,
    end: Option<T>,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Tree {
            literal: Vec::new(),
            capture: None,
            end: None,
        }
    }
}

impl<T> Tree<T> {
    /// Puts a pattern in, if all of its captures are whole segments that take anything.
    pub(crate) fn insert(&mut self, pattern: &str, value: T) {
        let mut tree = self;
        if !pattern
            .split('/')
            .all(|segment| is_literal(segment) || is_capture(segment))
        {
            return;
        }
        for segment in pattern.split('/') {
            tree = match is_capture(segment) {
                true => tree.capture.get_or_insert_default(),
                false => tree.literal(segment),
            };
        }
        tree.end = Some(value);
    }

    fn literal(&mut self, segment: &str) -> &mut Tree<T> {
        let place = self.place(segment).unwrap_or_else(|place| {
            let new = (segment.into(), Tree::default());
            self.literal.insert(place, new);
            place
        });
        &mut self.literal[place].1
    }

    fn place(&self, segment: &str) -> Result<usize, usize> {
        self.literal
            .binary_search_by(|(known, _)| known.as_bytes().cmp(segment.as_bytes()))
    }

    /// What the path looks like. A segment that is written in a pattern goes before a capture.
    pub(crate) fn find(&self, path: &str) -> Option<&T> {
        self.find_in(Some(path))
    }

    fn find_in(&self, rest: Option<&str>) -> Option<&T> {
        let Some(rest) = rest else {
            return self.end.as_ref();
        };
        let (segment, rest) = cut(rest);
        let literal = self.place(segment).ok().map(|place| &self.literal[place].1);
        if let Some(found) = literal.and_then(|tree| tree.find_in(rest)) {
            return Some(found);
        }
        let capture = self.capture.as_ref().filter(|_| !segment.is_empty())?;
        capture.find_in(rest)
    }
}

/// The first segment, and what is behind its slash.
fn cut(path: &str) -> (&str, Option<&str>) {
    // Segments are short: to look at each byte takes fewer steps than to prepare a search.
    match path.bytes().position(|byte| byte == b'/') {
        Some(slash) => (&path[..slash], Some(&path[slash + 1..])),
        None => (path, None),
    }
}

fn is_literal(segment: &str) -> bool {
    !segment.contains(['{', '}', '*'])
}

/// Whether this is `{name}`.
fn is_capture(segment: &str) -> bool {
    let name = segment
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| is_literal(name) && !name.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_the_pattern_that_it_looks_like() {
        let mut tree = Tree::default();
        for pattern in [
            "/users/{id}",
            "/users/{id}/posts/{post}",
            "/users/me/{what}",
            "/{a}/{b}/edit",
            "/",
            r"/number/{n:\d+}",
            "/tail/{rest}*",
            "/part-{of}",
        ] {
            tree.insert(pattern, pattern);
        }
        for (path, expected) in [
            ("/users/7", Some("/users/{id}")),
            ("/users/a%2Fb", Some("/users/{id}")),
            ("/users/", None),
            ("/users//", None),
            ("/users/7/", None),
            ("/users/7/posts/8", Some("/users/{id}/posts/{post}")),
            ("/users/me/picture", Some("/users/me/{what}")),
            ("/users/me/edit", Some("/users/me/{what}")),
            ("/users/7/edit", Some("/{a}/{b}/edit")),
            ("/", Some("/")),
            ("", None),
            ("/number/7", None),
            ("/tail/a/b", None),
            ("/part-7", None),
        ] {
            assert_eq!(tree.find(path).copied(), expected, "{path}");
        }
    }
}
