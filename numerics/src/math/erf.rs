//! The error function, its inverse, and the exact Gaussian error linear unit.

use super::exp::bounded;
use super::{Arith, ln, polynomial, with_sign};

/// Where the two forms meet.
const CUT: f32 = 0.92;
/// `erf(x) / x - 1` in `x^2`, `|x| <= 0.93`; error relative to erf 1.8e-8.
const NEAR: [f32; 6] =
    [0.128_379_15, -0.376_124_9, 0.112_817_3, -0.026_762_916, 0.004_987_253, -0.000_595_897_8];
/// `-ln(1 - erf(x))`, 0.9 <= x <= 4, weighted to give erf itself within 2e-9.
const FAR: [f32; 7] = [
    0.000_166_449_26,
    1.127_797_2,
    0.636_976_06,
    0.104_113_705,
    -0.022_315_228,
    0.003_065_493_6,
    -0.000_198_219_7,
];

/// The error function. Within 3 units in the last place.
pub fn erf<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let magnitude = a.abs(x);
    // Above 4 the result is 1 to the last bit. The order of operands keeps NaN.
    let four = a.f32(4.0);
    let magnitude = a.min(four, magnitude);

    let square = a.mul(magnitude, magnitude);
    let p = polynomial(a, square, &NEAR);
    let near = a.fma(p, magnitude, magnitude);

    let g = polynomial(a, magnitude, &FAR);
    let g = a.neg(g);
    let (q, s) = bounded(a, g);
    let complement = a.fma(s, q, s);
    let one = a.f32(1.0);
    let far = a.sub(one, complement);

    let cut = a.f32(CUT);
    let small = a.lt(magnitude, cut);
    let y = a.select(small, near, far);
    with_sign(a, y, x)
}

/// x Phi(x) = x/2 (1 + erf(x / sqrt(2))), Hendrycks & Gimpel 2016. Absolute error below 2e-7 times max(1, |x|).
pub fn gelu<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let half = a.f32(0.5);
    let scale = a.f32(std::f32::consts::FRAC_1_SQRT_2);
    // Below -10 the result is zero already; without the bound -inf would give NaN.
    let bound = a.f32(-10.0);
    let x = a.max(bound, x);
    let half = a.mul(x, half);
    let argument = a.mul(x, scale);
    let e = erf(a, argument);
    let one = a.f32(1.0);
    let cumulative = a.add(e, one);
    a.mul(half, cumulative)
}

/// The central branch of Giles 2010, in `w - 2.5`.
const CENTRAL: [f32; 9] = [
    1.501_409_4,
    0.246_640_73,
    -0.004_177_681_6,
    -0.001_253_725,
    0.000_218_580_87,
    -4.391_506_5e-6,
    -3.523_387_7e-6,
    3.432_739_4e-7,
    2.810_226_4e-8,
];
/// The tails, in `sqrt(w) - 3`.
const TAILS: [f32; 9] = [
    2.832_976_8,
    1.001_674,
    0.009_438_871,
    -0.007_622_461,
    0.005_739_507_7,
    -0.003_673_428_4,
    0.001_349_343_2,
    0.000_100_950_56,
    -0.000_200_214_26,
];

/// The inverse of [`erf`] on (-1, 1), with `w = -ln(1 - x^2)` (M. Giles, "Approximating the erfinv function", 2010, single precision).
/// Relative error below 5e-7. At +-1 infinite in the limit, here undefined: deviates never ask for it.
pub fn erfinv<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let one = a.f32(1.0);
    let left = a.sub(one, x);
    let right = a.add(one, x);
    let product = a.mul(left, right);
    let w = ln(a, product);
    let w = a.neg(w);

    let shift = a.f32(-2.5);
    let centred = a.add(w, shift);
    let central = polynomial(a, centred, &CENTRAL);
    let root = a.sqrt(w);
    let shift = a.f32(-3.0);
    let centred = a.add(root, shift);
    let tails = polynomial(a, centred, &TAILS);

    let five = a.f32(5.0);
    let near = a.lt(w, five);
    let p = a.select(near, central, tails);
    a.mul(p, x)
}
