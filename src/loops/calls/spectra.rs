//! Short-time spectra of waves, row by row, and what flows back through them.

use super::slides::grain;
use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph::Dim;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::Work;
use crate::loops::{BufferId, Cost};
use crate::sound::{Spectrum, gradient, spectra};

#[derive(Clone, Debug, PartialEq)]
pub struct Spectra {
    pub form: Spectrum,
    pub wave: BufferId,
    /// What flows into the spectra, where `to` is what flows to the wave.
    pub flow: Option<BufferId>,
    pub to: BufferId,
}

params! {
    /// Of the host's function. Parts are shards of `grain` rows.
    pub struct SpectraParams {
        pub grain,
        pub samples,
        pub window,
        pub hop,
        pub fft,
        pub before,
        pub frames,
        pub squared,
        /// 1 in the derivative.
        pub back,
    }
}

impl SpectraParams {
    pub fn form(&self) -> Spectrum {
        Spectrum {
            samples: self.samples as usize,
            window: self.window as usize,
            hop: self.hop as usize,
            fft: self.fft as usize,
            before: self.before as usize,
            frames: self.frames as usize,
            squared: self.squared != 0,
        }
    }
}

impl Spectra {
    /// Rows of a part: as many as loops over the frames have.
    fn grain(&self) -> usize {
        grain(self.form.frames)
    }

    /// Numbers of a row's spectra.
    fn values(&self) -> usize {
        self.form.frames * self.form.bins()
    }

    fn multiplications(&self) -> usize {
        let times = if self.flow.is_some() { 2 } else { 1 };
        times * self.form.frames * self.form.frame_cost()
    }
}

impl Library for Spectra {
    fn word(&self) -> String {
        if self.flow.is_some() { "spectra_back" } else { "spectra" }.to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let rows = |buffer, touch, len| Touched {
            buffer,
            touch,
            region: Region::Whole(Extent { batch: true, len }),
            reach: Reach::Rows { rows: Dim::Batch, grain: self.grain(), width: len, pass: false },
        };
        let (samples, values) = (self.form.samples, self.values());
        let wave = rows(self.wave, Touch::Read, samples);
        match self.flow {
            None => vec![wave, wave, rows(self.to, Touch::Write, values)],
            Some(flow) => {
                vec![wave, rows(flow, Touch::Read, values), rows(self.to, Touch::Write, samples)]
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        self.form.check()
    }

    fn parts(&self) -> Parts {
        Parts::shards(Dim::Batch, self.grain())
    }

    fn params(&self) -> Vec<u64> {
        let Spectrum { samples, window, hop, fft, before, frames, squared } = self.form;
        let own = SpectraParams {
            grain: self.grain() as u64,
            samples: samples as u64,
            window: window as u64,
            hop: hop as u64,
            fft: fft as u64,
            before: before as u64,
            frames: frames as u64,
            squared: u64::from(squared),
            back: u64::from(self.flow.is_some()),
        };
        own.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let touched = 2 * self.form.samples + self.values();
        Cost { flops: 2 * rows * self.multiplications(), bytes: 4 * rows * touched }
    }

    fn work(&self) -> Work {
        // A transform reaches about an eighth of what products do.
        Work::each(true, 8.0 * self.multiplications() as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (rows, form) = (machine.rows(), self.form);
        let wave = machine.floats(self.wave)[..rows * form.samples].to_vec();
        let flow = self.flow.map(|flow| machine.floats(flow)[..rows * self.values()].to_vec());
        let to = machine.floats_mut(self.to);
        for (row, wave) in wave.chunks_exact(form.samples).enumerate() {
            let values = row * self.values()..(row + 1) * self.values();
            match &flow {
                None => spectra(&form, wave, &mut to[values]),
                Some(flow) => {
                    gradient(&form, wave, &flow[values], &mut to[row * form.samples..][..form.samples]);
                }
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let Spectrum { window, hop, frames, .. } = self.form;
        let (to, wave) = (name(self.to), name(self.wave));
        let frames = format!("{frames} frames of {window} by {hop}");
        match self.flow {
            None => format!("{to} = spectra of {wave}, {frames}"),
            Some(flow) => format!("{to} = gradient of spectra of {wave}, {frames}, by {}", name(flow)),
        }
    }
}
