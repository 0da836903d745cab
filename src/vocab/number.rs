//! Numbers as text: one way to write them exactly, one to write them shortly.

use std::fmt::{Display, LowerExp};

/// The shortest text that reads as the same number, of 64 bits or of 32; with an exponent where zeros would fill it.
#[must_use]
pub fn exactly<T: Copy + Into<f64> + Display + LowerExp>(x: T) -> String {
    let size = x.into().abs();
    match size == 0.0 || (1e-5..1e16).contains(&size) || !size.is_finite() {
        true => x.to_string(),
        false => format!("{x:e}"),
    }
}

/// Up to so many significant digits; with an exponent what is small, or larger than its digits.
#[must_use]
pub fn in_digits(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return (x + 0.0).to_string();
    }
    let text = format!("{x:.*e}", digits - 1);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = power.parse().unwrap_or(0);
    match (-3..7.max(digits as i32)).contains(&exponent) {
        true => trimmed(&format!("{x:.*}", (digits as i32 - 1 - exponent).max(0) as usize)),
        false => format!("{}e{power}", trimmed(mantissa)),
    }
}

/// Without zeros at the end of the fraction.
fn trimmed(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_numbers_read_as_themselves() {
        let numbers = [0.0, -0.1, 1e300, 1.7e9 + 0.25, 5e-324, 1e-5, 2.5e-7, 1e16, f64::INFINITY];
        let shown: Vec<String> = numbers.map(exactly).to_vec();
        assert_eq!(shown.join(" "), "0 -0.1 1e300 1700000000.25 5e-324 0.00001 2.5e-7 1e16 inf");
        assert!(numbers.iter().zip(shown).all(|(x, text)| text.parse() == Ok(*x)));
        assert_eq!([0.1_f32, 2.597_077_1e-17, 1e30].map(exactly), ["0.1", "2.5970771e-17", "1e30"]);
    }

    #[test]
    fn short_numbers_have_their_digits() {
        let numbers = [0.0, -0.0, 0.5, 1e-5, 0.002, 3.0, 1234.5678, 0.1 + 0.2, 1e9, -2.5e-7, 65536.0, 9999.7];
        let shown: Vec<String> = numbers.map(|x| in_digits(x, 4)).to_vec();
        assert_eq!(shown.join(" "), "0 0 0.5 1e-5 0.002 3 1235 0.3 1e9 -2.5e-7 65536 10000");
        assert_eq!(in_digits(0.000_000_000_000_000_025_970_771, 6), "2.59708e-17");
        assert_eq!(in_digits(999_999.96, 6), "1000000");
        assert_eq!(in_digits(1.7e9 + 0.5, 12), "1700000000.5");
    }
}
