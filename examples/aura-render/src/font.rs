//! Text: which characters can be drawn, where lines break, and drawing them.
//!
//! The letters are those of Noto Sans Mono (Open Font License), as the `noto-sans-mono-bitmap`
//! crate carries them: one byte of coverage for each pixel, so that edges are smooth.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use crate::{frames::Canvas, theme::Rgb};

const TITLE: RasterHeight = RasterHeight::Size24;
const SMALL: RasterHeight = RasterHeight::Size16;
const MOST_LINES: usize = 3;

/// How large a text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For titles.
    Title,
    /// For captions.
    Small,
}

impl Size {
    fn raster(self) -> RasterHeight {
        match self {
            Self::Title => TITLE,
            Self::Small => SMALL,
        }
    }

    /// The height of a line in pixels.
    pub fn line_height(self) -> i32 {
        self.raster().val() as i32
    }

    /// The width of a text in pixels.
    pub fn width(self, text: &str) -> i32 {
        (text.chars().count() * get_raster_width(FontWeight::Bold, self.raster())) as i32
    }
}

/// The width of one title character in pixels.
pub fn title_advance() -> usize {
    get_raster_width(FontWeight::Bold, TITLE)
}

/// Breaks a text into at most three lines of so many characters, without what cannot be drawn.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.saturating_sub(2).max(1);
    let drawable =
        |c: &char| !c.is_whitespace() && get_raster(*c, FontWeight::Bold, TITLE).is_some();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word: Vec<char> = word.chars().filter(drawable).collect();
        for part in word.chunks(columns) {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + part.len() <= columns => {
                    line.push(' ');
                    line.extend(part);
                }
                _ => lines.push(part.iter().collect()),
            }
        }
    }
    lines.truncate(MOST_LINES);
    lines
}

/// Draws a line of text with its left top corner at a place; `alpha` 0 is invisible, 1 is solid.
pub fn draw(
    canvas: &mut Canvas,
    text: &str,
    size: Size,
    (x, y): (i32, i32),
    color: Rgb,
    alpha: f32,
) {
    let advance = get_raster_width(FontWeight::Bold, size.raster()) as i32;
    for (c, left) in text.chars().zip((x..).step_by(advance as usize)) {
        let Some(glyph) = get_raster(c, FontWeight::Bold, size.raster()) else {
            continue;
        };
        for (row, top) in glyph.rows().zip(y..) {
            for (coverage, column) in row.iter().zip(left..) {
                if *coverage > 0 {
                    canvas.blend(column, top, color, alpha * f32::from(*coverage) / 255.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_between_words_and_inside_long_ones() {
        assert_eq!(wrap("one two three", 10), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 6), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a b c d e f g h", 3), ["a", "b", "c"]);
    }

    #[test]
    fn what_the_font_lacks_is_left_out() {
        assert_eq!(wrap("caf\u{e9} \u{1f600} ok", 20), ["caf\u{e9} ok"]);
        assert!(wrap("\u{4f60}\u{597d} \t\n", 20).is_empty());
    }
}
