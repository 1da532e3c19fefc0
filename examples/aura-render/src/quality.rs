//! How much two pictures are alike: the structural similarity index (SSIM), from 0 to 1.
//!
//! Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error
//! visibility to structural similarity", IEEE Transactions on Image Processing 13(4), 2004,
//! equation 13, for two windows x and y with means m, variances v and covariance c:
//!
//! ```text
//! SSIM(x, y) = (2 m_x m_y + C1) (2 c_xy + C2) / ((m_x^2 + m_y^2 + C1) (v_x + v_y + C2))
//! C1 = (0.01 * 255)^2    C2 = (0.03 * 255)^2
//! ```
//!
//! Windows are 8x8 pixels of luma, one every 4 pixels; the score of a picture is their mean,
//! and a negative mean (pictures of opposite structure) counts as 0.

const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
const WINDOW: usize = 8;
const STEP: usize = 4;

/// The brightness of RGB pixels, as ITU-R BT.601 weighs it.
pub fn luma(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3)
        .map(|p| {
            ((299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000)
                as u8
        })
        .collect()
}

/// The similarity of two luma pictures of one size, from 0 to 1; 1 means identical.
///
/// # Panics
///
/// When a picture does not have `width * height` pixels, or has none.
pub fn ssim(a: &[u8], b: &[u8], width: usize, height: usize) -> f64 {
    assert!(width > 0 && height > 0, "a picture without pixels");
    assert!(
        a.len() == width * height && b.len() == a.len(),
        "pictures of different sizes"
    );
    let (mut total, mut windows) = (0.0, 0u32);
    for top in (0..=height.saturating_sub(WINDOW)).step_by(STEP) {
        for left in (0..=width.saturating_sub(WINDOW)).step_by(STEP) {
            total += window(
                a,
                b,
                width,
                (left, top),
                (WINDOW.min(width), WINDOW.min(height)),
            );
            windows += 1;
        }
    }
    (total / f64::from(windows)).clamp(0.0, 1.0)
}

fn window(
    a: &[u8],
    b: &[u8],
    stride: usize,
    (left, top): (usize, usize),
    (w, h): (usize, usize),
) -> f64 {
    let (mut sum_a, mut sum_b, mut squares_a, mut squares_b, mut products) =
        (0u32, 0u32, 0u32, 0u32, 0u32);
    for y in top..top + h {
        let row = y * stride + left..y * stride + left + w;
        for (&a, &b) in a[row.clone()].iter().zip(&b[row]) {
            let (a, b) = (u32::from(a), u32::from(b));
            sum_a += a;
            sum_b += b;
            squares_a += a * a;
            squares_b += b * b;
            products += a * b;
        }
    }
    let n = (w * h) as f64;
    let (mean_a, mean_b) = (f64::from(sum_a) / n, f64::from(sum_b) / n);
    let variance_a = f64::from(squares_a) / n - mean_a * mean_a;
    let variance_b = f64::from(squares_b) / n - mean_b * mean_b;
    let covariance = f64::from(products) / n - mean_a * mean_b;
    (2.0 * mean_a * mean_b + C1) * (2.0 * covariance + C2)
        / ((mean_a * mean_a + mean_b * mean_b + C1) * (variance_a + variance_b + C2))
}

#[cfg(test)]
mod tests {
    use visitor::random::Random;

    use super::*;

    const SIZE: (usize, usize) = (40, 24);

    fn picture() -> Vec<u8> {
        (0..SIZE.0 * SIZE.1)
            .map(|i| (40 + (i % SIZE.0) * 3 + (i / SIZE.0) * 2) as u8)
            .collect()
    }

    fn noisy(strength: f32) -> Vec<u8> {
        let mut random = Random::new(1);
        let noise = |v: u8| (f32::from(v) + random.between(-strength, strength)) as u8;
        picture().into_iter().map(noise).collect()
    }

    #[test]
    fn a_picture_is_exactly_like_itself() {
        assert_eq!(ssim(&picture(), &picture(), SIZE.0, SIZE.1), 1.0);
    }

    #[test]
    fn flat_pictures_follow_the_formula() {
        let (a, b) = (vec![100; 64], vec![110; 64]);
        let expected = (2.0 * 100.0 * 110.0 + 6.5025) / (100.0 * 100.0 + 110.0 * 110.0 + 6.5025);
        assert!((ssim(&a, &b, 8, 8) - expected).abs() < 1e-12);
        let black_and_white = ssim(&[0; 64], &[255; 64], 8, 8);
        assert!((black_and_white - 6.5025 / (65025.0 + 6.5025)).abs() < 1e-12);
    }

    #[test]
    fn a_constant_offset_costs_a_little() {
        let brighter: Vec<u8> = picture().into_iter().map(|v| v + 10).collect();
        let score = ssim(&picture(), &brighter, SIZE.0, SIZE.1);
        assert!((0.97..1.0).contains(&score), "{score}");
    }

    #[test]
    fn more_noise_lowers_the_score_more() {
        let score = |strength| ssim(&picture(), &noisy(strength), SIZE.0, SIZE.1);
        assert!(score(5.0) < 1.0);
        assert!(
            score(30.0) < score(5.0) - 0.05,
            "{} {}",
            score(30.0),
            score(5.0)
        );
        assert!(score(30.0) > 0.0);
    }

    #[test]
    fn opposite_structure_counts_as_nothing() {
        let stripes: Vec<u8> = (0..64).map(|i| if i % 2 == 0 { 0 } else { 255 }).collect();
        let inverse: Vec<u8> = stripes.iter().map(|v| 255 - v).collect();
        assert_eq!(ssim(&stripes, &inverse, 8, 8), 0.0);
    }

    #[test]
    fn order_and_small_pictures_do_not_matter() {
        let (a, b) = (noisy(9.0), picture());
        assert_eq!(ssim(&a, &b, SIZE.0, SIZE.1), ssim(&b, &a, SIZE.0, SIZE.1));
        assert_eq!(ssim(&[1, 2, 3], &[1, 2, 3], 3, 1), 1.0);
    }

    #[test]
    fn luma_weighs_green_most() {
        assert_eq!(luma(&[255, 255, 255, 0, 0, 0]), [255, 0]);
        assert_eq!(luma(&[255, 0, 0, 0, 255, 0, 0, 0, 255]), [76, 150, 29]);
    }
}
