//! The upper halves of vector registers.

/// Zeroes the upper halves of vector registers. Compilers do so behind their own wide code; the assembly of a library does not, and on Intel's processors each instruction of the older
/// encoding then waits for what stands there, as moves in generated code are: loops behind a product took up to a hundred times as long. Where there are none it does nothing.
///
/// Called behind every call of a library of matrix products. It changes no bit: nothing of a caller stands in upper halves across a call.
pub fn clear() {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx") {
        // SAFETY: the processor has the instruction.
        unsafe { std::arch::x86_64::_mm256_zeroupper() }
    }
}

/// Whether something stands in upper halves; none where the processor does not tell.
#[cfg(all(test, target_arch = "x86_64"))]
pub fn are_in_use() -> Option<bool> {
    use std::arch::{asm, x86_64::__cpuid_count};
    let tells = std::is_x86_feature_detected!("avx2") && __cpuid_count(0xD, 1).eax & 4 != 0;
    // Register 1 names the states that are other than fresh: bit 2 is the upper halves of 256, bit 6 those of 512.
    let in_use = || {
        let low: u32;
        // SAFETY: the processor has the instruction and this register; it touches no memory.
        unsafe { asm!("xgetbv", in("ecx") 1, out("eax") low, out("edx") _, options(nomem, nostack)) };
        low & 0b100_0100 != 0
    };
    if !tells {
        return None;
    }
    let found = in_use();
    // SAFETY: the register is declared as written.
    unsafe { asm!("vpcmpeqd ymm5, ymm5, ymm5", out("ymm5") _, options(nomem, nostack)) };
    let is_seen = in_use();
    clear();
    (is_seen && !in_use()).then_some(found)
}
