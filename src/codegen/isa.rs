//! Which processor code is made for: the host, or the host with features masked for tests of the fallbacks.

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable, Flags};

use super::CodegenError;

/// What generated code may use of what the host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Fused multiply-add. Without it a product is rounded before the addition: results differ in the last bits.
    pub fma: bool,
    /// Encodings only: vectors have four lanes either way, and results are the same.
    pub avx512: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self { fma: true, avx512: true }
    }
}

/// What the processor of this machine has, as far as code is made by it: equal texts mean code of equal bits. Empty where no code can be made.
#[must_use]
pub fn instructions(features: Features) -> String {
    let flags = target(features).map(|target| target.isa.isa_flags()).unwrap_or_default();
    flags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The target, and whether it has fused multiply-add.
pub(super) struct Target {
    pub isa: OwnedTargetIsa,
    pub fma: bool,
}

pub(super) fn target(features: Features) -> Result<Target, CodegenError> {
    let host = |e: &dyn std::fmt::Display| CodegenError::Host(e.to_string());
    require_rounding()?;
    let mut flags = settings::builder();
    let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
    for (name, value) in [
        ("opt_level", "speed"),
        ("is_pic", "false"),
        ("use_colocated_libcalls", "false"),
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "false"),
        ("enable_verifier", verifier),
    ] {
        flags.set(name, value).map_err(|e| host(&e))?;
    }
    let mut builder = cranelift_native::builder().map_err(|e| host(&e))?;
    if cfg!(target_arch = "x86_64") {
        if !features.fma {
            builder.set("has_fma", "false").map_err(|e| host(&e))?;
        }
        if !features.avx512 {
            for name in AVX512 {
                builder.set(name, "false").map_err(|e| host(&e))?;
            }
        }
    }
    let isa = builder.finish(Flags::new(flags)).map_err(|e| host(&e))?;
    Ok(Target { isa, fma: features.fma && has_fma() })
}

const AVX512: [&str; 6] =
    ["has_avx512f", "has_avx512vl", "has_avx512dq", "has_avx512vbmi", "has_avx512bitalg", "has_avx512vnni"];

#[cfg(target_arch = "x86_64")]
fn has_fma() -> bool {
    std::arch::is_x86_feature_detected!("fma") && std::arch::is_x86_feature_detected!("avx")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_fma() -> bool {
    true
}

/// Without SSE 4.1 rounding would become calls to the C library, whose bits we do not fix.
#[cfg(target_arch = "x86_64")]
fn require_rounding() -> Result<(), CodegenError> {
    match std::arch::is_x86_feature_detected!("sse4.1") {
        true => Ok(()),
        false => Err(CodegenError::Host("the processor has no SSE 4.1".into())),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn require_rounding() -> Result<(), CodegenError> {
    Ok(())
}
