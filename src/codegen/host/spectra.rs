//! Short-time spectra of waves.

use crate::loops::calls::spectra::SpectraParams;
use crate::sound;

use super::{Args, params};

/// Operands: the waves, what flows into their spectra (forward the waves once more), the result. Parts are shards of rows.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn spectra(operands: *const u64, args: *const Args, first: u64, last: u64) {
    // SAFETY: by the contract the row has three addresses and the parameters.
    let (call, wave, flow, to, batch) = unsafe {
        let call = params::<SpectraParams>(operands, 3);
        let (wave, flow) = (*operands as *const f32, *operands.add(1) as *const f32);
        (call, wave, flow, *operands.add(2) as *mut f32, (*args).rows as usize)
    };
    let (form, grain) = (call.form(), call.grain as usize);
    let (samples, values) = (form.samples, form.frames * form.bins());
    for row in (first as usize * grain).min(batch)..(last as usize * grain).min(batch) {
        // SAFETY: `check` proved that the buffers have so many elements a row; the rows are this thread's, and the result is no operand.
        unsafe {
            let wave = std::slice::from_raw_parts(wave.add(row * samples), samples);
            if call.back == 0 {
                let to = std::slice::from_raw_parts_mut(to.add(row * values), values);
                sound::spectra(&form, wave, to);
            } else {
                let flow = std::slice::from_raw_parts(flow.add(row * values), values);
                let to = std::slice::from_raw_parts_mut(to.add(row * samples), samples);
                sound::gradient(&form, wave, flow, to);
            }
        }
    }
}
