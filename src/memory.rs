//! How much memory there is, and room for large arrays: a size that does not fit becomes an error that says so before anything is
//! allocated, where the allocator would end the process, or the operating system would, later and without a word.
//!
//! Invariant: small requests ask nothing of the system; what is answered decides only whether work begins, never its results.

use std::fmt;
use std::fs;

/// Memory that was asked for and is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch {
    /// Bytes; `u64::MAX` stands for more than can be counted.
    pub needed: u64,
    /// Bytes, where the system tells them.
    pub available: Option<u64>,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.needed {
            u64::MAX => f.write_str("more memory is needed than can be counted")?,
            needed => write!(f, "{} of memory are needed", shown(needed))?,
        }
        match self.available {
            Some(bytes) => write!(f, ", {} are there", shown(bytes)),
            None => f.write_str(", and the system does not give them"),
        }
    }
}

impl std::error::Error for TooMuch {}

/// Bytes of a vector that grows from nothing.
const FIRST: usize = 64 << 10;
/// Requests below this are left to the allocator alone.
const LARGE: u64 = 64 << 20;

/// Whether so many bytes can be had now; those that are allocated already are not among them.
///
/// # Errors
/// If the system has fewer.
pub fn check(needed: u64) -> Result<(), TooMuch> {
    if needed < LARGE {
        return Ok(());
    }
    let available = available();
    match available.is_none_or(|bytes| needed <= bytes) && isize::try_from(needed).is_ok() {
        true => Ok(()),
        false => Err(TooMuch { needed, available }),
    }
}

/// An empty vector with room for `n` elements.
///
/// # Errors
/// If there is no room for them.
pub fn reserve<T>(n: usize) -> Result<Vec<T>, TooMuch> {
    let needed = product(&[n, size_of::<T>()]);
    check(needed)?;
    let mut vector = Vec::new();
    vector.try_reserve_exact(n).map_err(|_| refused(needed))?;
    Ok(vector)
}

/// The elements that an iterator gives, `n` of them.
///
/// # Errors
/// If there is no room for them.
pub fn collected<T>(n: usize, elements: impl Iterator<Item = T>) -> Result<Vec<T>, TooMuch> {
    let mut vector = reserve(n)?;
    vector.extend(elements);
    Ok(vector)
}

/// What is said where an allocator has refused so many bytes.
pub fn refused(needed: u64) -> TooMuch {
    TooMuch { needed, available: available() }
}

/// Doubles a vector's room, or gives it some.
///
/// # Errors
/// If there is no room for it.
pub fn grow<T>(vector: &mut Vec<T>) -> Result<(), TooMuch> {
    let more = vector.len().max(FIRST / size_of::<T>().max(1)).max(1);
    let needed = product(&[vector.len().saturating_add(more), size_of::<T>()]);
    let too_much = |available| TooMuch { needed, available };
    check(product(&[more, size_of::<T>()])).map_err(|e| too_much(e.available))?;
    vector.try_reserve_exact(more).map_err(|_| too_much(available()))
}

/// Room for `n` more elements.
///
/// # Errors
/// If there is none.
pub fn more<T>(vector: &mut Vec<T>, n: usize) -> Result<(), TooMuch> {
    let needed = product(&[n, size_of::<T>()]);
    check(needed)?;
    vector.try_reserve_exact(n).map_err(|_| refused(needed))
}

/// `n` times the same element.
///
/// # Errors
/// If there is no room for them.
pub fn filled<T: Clone>(n: usize, element: T) -> Result<Vec<T>, TooMuch> {
    let mut vector = reserve(n)?;
    vector.resize(n, element);
    Ok(vector)
}

/// The product of sizes, `u64::MAX` where it is larger.
pub fn product(sizes: &[usize]) -> u64 {
    if sizes.contains(&0) {
        return 0;
    }
    sizes.iter().fold(1, |n: u64, size| n.saturating_mul(*size as u64))
}

/// A number of bytes for people: `64.0 GB`, `1.5 MB`, `12 bytes`.
pub fn shown(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match UNITS.iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", bytes as f64 / *size as f64),
        None => format!("{bytes} bytes"),
    }
}

/// Bytes that this process may still allocate: what is free or can be freed, within the limits on its address space and on its
/// group of processes. `None` where the system tells nothing.
pub fn available() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let free = kilobytes(&read("/proc/meminfo"), "MemAvailable:");
    let limit = address_limit(&read("/proc/self/limits"));
    let used = kilobytes(&read("/proc/self/status"), "VmSize:");
    let room = limit.map(|limit| limit.saturating_sub(used.unwrap_or(0)));
    let group = group_room(&read("/sys/fs/cgroup/memory.max"), &read("/sys/fs/cgroup/memory.stat"));
    [free, room, group].into_iter().flatten().min()
}

/// The bytes of a line `NAME   1234 kB`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The soft limit, where there is one.
fn address_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What a control group leaves; pages of files are given back when memory is short, so only its own ("anon") count as taken.
fn group_room(max: &str, stat: &str) -> Option<u64> {
    let max: u64 = max.trim().parse().ok()?;
    let taken = stat.lines().find_map(|line| line.strip_prefix("anon "))?.trim().parse().ok()?;
    Some(max.saturating_sub(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_an_error_and_not_an_end() {
        let error = reserve::<u64>(usize::MAX / 2).unwrap_err();
        assert_eq!(error.needed, u64::MAX);
        let error = filled(1 << 59, 0u8).unwrap_err();
        assert_eq!(error.needed, 1 << 59);
        assert_eq!(filled(3, 7u8).unwrap(), [7, 7, 7]);
        assert!(reserve::<f32>(1000).unwrap().capacity() >= 1000);
    }

    #[test]
    fn a_vector_grows_by_doubling() {
        let mut vector: Vec<u32> = Vec::new();
        grow(&mut vector).unwrap();
        let first = vector.capacity();
        assert!(first >= FIRST / 4);
        vector.resize(first, 0);
        grow(&mut vector).unwrap();
        assert!(vector.capacity() >= 2 * first);
    }

    #[test]
    fn sizes_do_not_wrap() {
        assert_eq!(product(&[1 << 40, 1 << 40]), u64::MAX);
        assert_eq!(product(&[1 << 40, 1 << 40, 0]), 0);
        assert_eq!(product(&[3, 4]), 12);
    }

    #[test]
    fn the_systems_words_are_understood() {
        assert_eq!(kilobytes("MemTotal: 9 kB\nMemAvailable:   22 kB\n", "MemAvailable:"), Some(22 << 10));
        let limits = "Max data size             unlimited            unlimited            bytes\n\
                      Max address space         2048000000           unlimited            bytes\n";
        assert_eq!(address_limit(limits), Some(2_048_000_000));
        assert_eq!(address_limit(&limits.replace("2048000000", "unlimited ")), None);
        assert_eq!(group_room("1000\n", "anon 400\nfile 500\n"), Some(600));
        assert_eq!(group_room("max\n", "anon 400\n"), None);
    }

    #[test]
    fn sizes_are_shown_in_their_units() {
        assert_eq!(
            [12, 1_500_000, 64_000_000_000, 3 << 40].map(shown),
            ["12 bytes", "1.5 MB", "64.0 GB", "3.3 TB"]
        );
        let needed = 64_000_000_000;
        assert_eq!(
            TooMuch { needed, available: Some(23_000_000_000) }.to_string(),
            "64.0 GB of memory are needed, 23.0 GB are there"
        );
    }
}
