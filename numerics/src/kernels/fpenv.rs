//! The floating-point environment of native code: subnormal numbers count as zero, read and written.
//!
//! Decaying weights and saturated activations reach subnormals, which cost a hundred cycles each. The host's own environment is
//! restored, since compiled Rust relies on the default one.

/// Flushes subnormals on this thread until it is dropped.
pub struct FlushSubnormals {
    before: u64,
}

impl FlushSubnormals {
    pub fn begin() -> Self {
        let before = get();
        set(before | FLUSH);
        Self { before }
    }
}

impl Drop for FlushSubnormals {
    fn drop(&mut self) {
        set(self.before);
    }
}

/// Flush-to-zero and denormals-are-zero.
#[cfg(target_arch = "x86_64")]
const FLUSH: u64 = 0x8040;
/// FZ: reads and writes.
#[cfg(target_arch = "aarch64")]
const FLUSH: u64 = 1 << 24;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FLUSH: u64 = 0;

#[cfg(target_arch = "x86_64")]
fn get() -> u64 {
    let mut word = 0_u32;
    // SAFETY: stores the control word to a local variable and touches nothing else.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags)) };
    u64::from(word)
}

#[cfg(target_arch = "x86_64")]
fn set(word: u64) {
    let word = word as u32;
    // SAFETY: loads a control word that `get` gave, with the two flush bits set or not; both are defined on every x86-64.
    unsafe {
        std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack, readonly, preserves_flags))
    };
}

#[cfg(target_arch = "aarch64")]
fn get() -> u64 {
    let word: u64;
    // SAFETY: reads the control register.
    unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) word, options(nomem, nostack, preserves_flags)) };
    word
}

#[cfg(target_arch = "aarch64")]
fn set(word: u64) {
    // SAFETY: writes a control word that `get` gave, with FZ set or not.
    unsafe { std::arch::asm!("msr fpcr, {}", in(reg) word, options(nomem, nostack, preserves_flags)) };
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn get() -> u64 {
    0
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn set(_word: u64) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_restored() {
        let before = get();
        {
            let _flush = FlushSubnormals::begin();
            assert_eq!(get() & FLUSH, FLUSH);
        }
        assert_eq!(get(), before);
    }
}
