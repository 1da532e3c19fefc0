//! The themes: a closed list, each with its own colours.

use std::fmt;

use vitalsigns::LabelValue;

/// A colour as red, green and blue.
pub type Rgb = [u8; 3];

/// The colours that a scene is painted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The top of the background.
    pub top: Rgb,
    /// The bottom of the background.
    pub bottom: Rgb,
    /// The large shapes.
    pub shape: Rgb,
    /// The second layer of shapes.
    pub second: Rgb,
    /// Lights, particles and the line under the title.
    pub light: Rgb,
}

const fn palette(top: u32, bottom: u32, shape: u32, second: u32, light: u32) -> Palette {
    const fn rgb(hex: u32) -> Rgb {
        [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8]
    }
    Palette {
        top: rgb(top),
        bottom: rgb(bottom),
        shape: rgb(shape),
        second: rgb(second),
        light: rgb(light),
    }
}

/// What a video is about; it decides the palettes and the motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue)]
pub enum Theme {
    /// A grid that runs to the horizon, with pulses of light.
    Tech,
    /// Rolling hills under a sun, with drifting leaves.
    Nature,
    /// A skyline with lit windows and passing cars.
    City,
    /// Layers of waves with rising bubbles.
    Ocean,
    /// Stars that fly by, and a ringed planet.
    Space,
    /// Flowing bands of colour and soft discs.
    Abstract,
}

impl Theme {
    /// Every theme, in the order in which they are listed to users.
    pub const ALL: [Self; 6] = [
        Self::Tech,
        Self::Nature,
        Self::City,
        Self::Ocean,
        Self::Space,
        Self::Abstract,
    ];

    /// The name that users write, which is its label as well.
    pub fn name(self) -> &'static str {
        self.as_label()
    }

    /// The title of a video that asks for none.
    pub fn default_title(self) -> &'static str {
        match self {
            Self::Tech => "Signal Path",
            Self::Nature => "Quiet Hills",
            Self::City => "After Dark",
            Self::Ocean => "Deep Current",
            Self::Space => "Far Orbit",
            Self::Abstract => "Slow Colour",
        }
    }

    /// The palettes among which the scenes of a video choose.
    pub fn palettes(self) -> [Palette; 3] {
        match self {
            Self::Tech => [
                palette(0x050a1c, 0x10294d, 0x1fd6ff, 0x1b5f9e, 0x7dfcff),
                palette(0x0b0618, 0x2a1250, 0xd14bff, 0x5a2aa0, 0xff9df5),
                palette(0x03130f, 0x0a3b30, 0x2dffa8, 0x127a5c, 0xc4ffe6),
            ],
            Self::Nature => [
                palette(0x7cc4ef, 0xf7efc4, 0x4f9a4b, 0x2c6b3a, 0xffd75e),
                palette(0xf6a56b, 0xfbe3a8, 0x8a7a2f, 0x4d5a24, 0xfff2b0),
                palette(0x9ad6c8, 0xe9f7dc, 0x5cae6a, 0x20603f, 0xff9f7a),
            ],
            Self::City => [
                palette(0x0d1030, 0x6a3a6e, 0x1a1d3d, 0x0b0d20, 0xffc857),
                palette(0x101820, 0x2f5d73, 0x16242e, 0x0a1218, 0xffe9a8),
                palette(0x2a0f2e, 0xe0663f, 0x2b1632, 0x140a1a, 0xffd07a),
            ],
            Self::Ocean => [
                palette(0x9fd8ea, 0xdff4ef, 0x1f86a8, 0x0b4a73, 0xe9ffff),
                palette(0x1b2a55, 0x4c6fa0, 0x1d4e89, 0x0c2348, 0xf5e9c0),
                palette(0xf2a07b, 0xf9dcae, 0x2a7f86, 0x124a5a, 0xfff4d6),
            ],
            Self::Space => [
                palette(0x02020a, 0x140a2a, 0xc9744a, 0x6a2f4f, 0xffffff),
                palette(0x01060d, 0x06283a, 0x4fb3c9, 0x1d5a7a, 0xe6fbff),
                palette(0x0a0206, 0x300a1c, 0xd9b36a, 0x7a5a2f, 0xfff3e0),
            ],
            Self::Abstract => [
                palette(0xff5f6d, 0xffc371, 0x6a3093, 0x2193b0, 0xffffff),
                palette(0x0f2027, 0x2c7744, 0xf2c94c, 0xeb5757, 0xfdf6e3),
                palette(0x355c7d, 0xc06c84, 0xf8b195, 0x6c5b7b, 0xfff7f0),
            ],
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Theme;
    use vitalsigns::LabelValue;

    #[test]
    fn names_lead_back_to_their_themes() {
        assert_eq!(Theme::VALUES.len(), Theme::ALL.len());
        for theme in Theme::ALL {
            assert_eq!(Theme::from_label(theme.name()), Some(theme));
        }
        assert_eq!(Theme::from_label("disco"), None);
        assert_eq!(Theme::from_label("Tech"), None);
    }

    #[test]
    fn no_two_palettes_are_alike() {
        let all: Vec<_> = Theme::ALL.into_iter().flat_map(Theme::palettes).collect();
        for (i, palette) in all.iter().enumerate() {
            assert!(!all[..i].contains(palette), "palette {i} is a repetition");
        }
    }
}
