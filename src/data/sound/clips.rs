//! Clips as rows: each is held once, as long as it is, and becomes a row with zeros behind it when it is read.

use std::sync::Arc;

use serde::Serialize;

use super::{File, Hearing, Long, Prepare, Samples, decode, no_sound};
use crate::data::dataset::Input;
use crate::data::error::{DataError, counted};
use crate::data::inputs::Inputs;
use crate::data::need::Lengths;
use crate::data::stores::{Form, Numbers, Numeric, RowStore};
use crate::data::transform::InputShape;

/// Clips of one rate, in the order of their rows.
#[derive(Clone, Debug)]
pub struct Clips {
    clips: Vec<Arc<Samples>>,
    /// Of their files.
    names: Vec<String>,
    /// Samples a second.
    rate: u32,
    pub hearing: Hearing,
}

/// What is known of sounds before a net is fitted to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SoundSizes {
    /// Samples a second.
    pub rate: u32,
    /// Samples of the longest clip.
    pub longest: usize,
    /// Samples of all clips.
    pub samples: u64,
    /// Clips that are all zeros, and the first of them.
    pub silent: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_silent: Option<String>,
    /// The length of each clip, in the order of the rows.
    #[serde(skip)]
    pub lengths: Vec<u32>,
}

/// A rate as the language writes it.
#[must_use]
pub fn hertz(rate: u32) -> String {
    match rate % 1000 {
        0 => format!("{}kHz", rate / 1000),
        _ => format!("{rate}Hz"),
    }
}

/// So many samples as a time for people: `0.44 s`.
#[must_use]
pub fn seconds(samples: f64, rate: u32) -> String {
    let time = samples / f64::from(rate);
    match time {
        ..0.1 => format!("{:.3} s", time),
        ..10.0 => format!("{time:.2} s"),
        _ => format!("{time:.1} s"),
    }
}

impl Clips {
    /// Of files, which have the rate of a trained net, or one of their own.
    ///
    /// # Errors
    /// E0520 and E0552 as [`decode::load`]; E0553 for clips of different rates, or of another than the net's.
    pub fn load(files: &[File], hearing: Hearing, trained: Option<u32>) -> Result<Self, DataError> {
        let heard = decode::load(files, &hearing.prepare)?;
        let Some((_, first)) = heard.first() else {
            return Err(DataError::new("E0528", "there are no sounds"));
        };
        let rate = trained.unwrap_or(*first);
        if let Some(other) = heard.iter().position(|(_, own)| *own != rate) {
            let (here, there) = (hertz(heard[other].1), hertz(rate));
            return Err(match trained {
                Some(_) => unheard(&here, &there),
                None => DataError::new("E0553", "the sounds have different rates")
                    .note(format!("{here} here, {there} in {}", files[0].name))
                    .help(format!("write `resample {there}` in `data`")),
            }
            .file(&files[other].name));
        }
        let clips = heard.into_iter().map(|(samples, _)| Arc::new(samples)).collect();
        let names = files.iter().map(|file| file.name.clone()).collect();
        Ok(Self { clips, names, rate, hearing })
    }

    /// Of sounds that are made; `name` is what makes them.
    ///
    /// # Errors
    /// As [`Prepare::apply`].
    pub fn made(clips: Vec<Vec<f32>>, rate: u32, prepare: Prepare, name: &str) -> Result<Self, DataError> {
        let own = |samples| Ok(Arc::new(prepare.apply(Samples::Real(samples), rate, name)?.0));
        let clips = clips.into_iter().map(own).collect::<Result<_, DataError>>()?;
        let hearing = Hearing { prepare, pattern: None, labels: None };
        Ok(Self { clips, names: Vec::new(), rate: prepare.rate.unwrap_or(rate), hearing })
    }

    /// One sound that is in memory, channels side by side, in -1..1, for a net that hears this rate.
    ///
    /// # Errors
    /// E0552 for no samples, or a channel that it does not have; E0553 for another rate.
    pub fn of(
        samples: Vec<f32>,
        (channels, rate): (usize, u32),
        hearing: Hearing,
        trained: u32,
    ) -> Result<Self, DataError> {
        let name = "the samples";
        if samples.is_empty() || channels == 0 || !samples.len().is_multiple_of(channels) || rate == 0 {
            let message = format!(
                "{} of {} are no sound",
                counted(samples.len(), "sample"),
                counted(channels, "channel")
            );
            return Err(DataError::new("E0552", message).note(format!("at {rate} samples a second")));
        }
        if let Some((wrong, what)) = no_sound(&samples) {
            return Err(DataError::new("E0552", what).row(wrong / channels));
        }
        let own = hearing.prepare.channels.of(Samples::Real(samples), channels).map_err(|e| e.of(name))?;
        let (clip, rate) = hearing.prepare.apply(own, rate, name)?;
        if rate != trained {
            return Err(unheard(&hertz(rate), &hertz(trained)));
        }
        Ok(Self { clips: vec![Arc::new(clip)], names: vec![name.to_owned()], rate, hearing })
    }

    pub fn rows(&self) -> usize {
        self.clips.len()
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn longest(&self) -> usize {
        self.clips.iter().map(|clip| clip.len()).max().unwrap_or(0)
    }

    /// Only these, numbered anew.
    #[must_use]
    pub fn only(&self, rows: &[usize]) -> Self {
        let names = rows.iter().filter_map(|row| self.names.get(*row).cloned()).collect();
        Self {
            clips: rows.iter().map(|row| self.clips[*row].clone()).collect(),
            names,
            rate: self.rate,
            hearing: self.hearing.clone(),
        }
    }

    /// Of these together with those of the source's own test part.
    pub fn sizes(&self, test: Option<&Clips>) -> SoundSizes {
        let all = || [Some(self), test].into_iter().flatten();
        let silent = || {
            let own = |clips: &'_ Clips| {
                let silent = clips.clips.iter().enumerate().filter(|(_, clip)| clip.are_silent());
                silent.map(|(row, _)| clips.names.get(row).cloned()).collect::<Vec<_>>()
            };
            all().flat_map(own)
        };
        let lengths = || all().flat_map(|clips| clips.clips.iter().map(|clip| clip.len()));
        SoundSizes {
            rate: self.rate,
            longest: lengths().max().unwrap_or(0),
            samples: lengths().map(|length| length as u64).sum(),
            silent: silent().count(),
            first_silent: silent().next().flatten(),
            lengths: lengths().map(|length| length as u32).collect(),
        }
    }

    /// Rows of a net's input with their lengths, and how many clips were cut.
    ///
    /// # Errors
    /// E0533 for an input that is no wave, E0553 for another rate than the input's.
    pub fn inputs(
        &self,
        input: &InputShape,
        lengths: Option<&Lengths>,
    ) -> Result<(Vec<Input>, usize), DataError> {
        let Some((Lengths { least, .. }, rate)) = lengths.and_then(|own| Some((own, own.rate?))) else {
            return Err(no_wave(self));
        };
        if rate != self.rate {
            return Err(another_rate(self.rate, rate));
        }
        let steps = input.width();
        // Silence is a sound: what is shorter than the net's windows goes on with it.
        let own = |clip: &Arc<Samples>| clip.len().max(*least).min(steps);
        let cut = self.clips.iter().filter(|clip| clip.len() > steps).count();
        let lengths = self.clips.iter().map(|clip| own(clip) as i32).collect();
        let form = Form { numeric: Numeric::F32, shape: input.shape.clone() };
        let store = Waves { clips: self.clips.as_slice().into(), prepare: self.hearing.prepare, form };
        let wave =
            Input { name: input.name.clone(), store: Arc::new(store), scale: 1.0, shift: 0.0, raw: None };
        Ok((vec![wave, Input::lengths(&input.name, lengths)], cut))
    }

    /// Writes a clip as a row of this form.
    ///
    /// # Errors
    /// As [`RowStore::read`].
    pub fn row(&self, row: usize, form: &Form, into: &mut [u8]) -> Result<(), DataError> {
        let one = Arc::from(&self.clips[row..row + 1]);
        Waves { clips: one, prepare: self.hearing.prepare, form: form.clone() }.read(0, into)
    }

    fn place(&self, row: usize, error: DataError) -> DataError {
        match self.names.get(row) {
            Some(name) => error.file(name),
            None => error.row(row),
        }
    }
}

/// # Errors
/// E0553 for a test part of another rate than the training part's.
pub(in crate::data) fn same_rate(train: &Inputs, test: &Inputs) -> Result<(), DataError> {
    match (train.sounds(), test.sounds()) {
        (Some(train), Some(test)) if train.rate != test.rate => {
            let (here, there) = (hertz(test.rate), hertz(train.rate));
            let error = DataError::new("E0553", "the sounds of the test part have another rate");
            let error = test.place(0, error).note(format!("{here} here, {there} in the training part"));
            Err(error.help(format!("write `resample {there}` in `data`")))
        }
        _ => Ok(()),
    }
}

fn no_wave(clips: &Clips) -> DataError {
    let longest = seconds(clips.longest() as f64, clips.rate);
    DataError::new("E0533", "the data are sounds, and the net's input is no wave")
        .note(format!("the longest clip has {longest}"))
        .help(format!("write `wave[1s, rate={}]`, with the time that a row should have", hertz(clips.rate)))
}

/// Of a net that is trained already.
fn unheard(clips: &str, net: &str) -> DataError {
    DataError::new("E0553", format!("the sound has {clips}, and the net hears {net}"))
        .help("convert it, as by `ffmpeg -i FILE -ar RATE NEW.wav`")
        .help(format!("a net that is trained with `resample {net}` in `data` takes sounds of any rate"))
}

fn another_rate(clips: u32, net: u32) -> DataError {
    let (clips, net) = (hertz(clips), hertz(net));
    DataError::new("E0553", format!("the sounds have {clips}, the net's input {net}"))
        .help(format!("write `resample {net}` in `data`, or `rate={clips}` in the input's type"))
}

/// Clips as rows of as many samples, zeros behind those that are shorter.
///
/// Invariant: none of them is cut or padded in memory.
#[derive(Debug)]
struct Waves {
    clips: Arc<[Arc<Samples>]>,
    prepare: Prepare,
    form: Form,
}

impl RowStore for Waves {
    fn rows(&self) -> usize {
        self.clips.len()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        self.read_from(row, self.prepare.long.from(self.clips[row].len(), self.form.width()), into)
    }

    fn reach(&self, row: usize) -> Option<usize> {
        Some(self.clips[row].len())
    }

    fn read_from(&self, row: usize, from: usize, into: &mut [u8]) -> Result<(), DataError> {
        let (clip, steps) = (&self.clips[row], self.form.width());
        let own = clip.len().saturating_sub(from).min(steps);
        let mut aside = Vec::new();
        let room: &mut [f32] = match bytemuck::try_cast_slice_mut(into) {
            Ok(room) => room,
            Err(_) => {
                aside.resize(steps, 0.0);
                &mut aside
            }
        };
        clip.read(from, &mut room[..own]);
        room[own..].fill(0.0);
        if !aside.is_empty() {
            into.copy_from_slice(bytemuck::cast_slice(&aside));
        }
        Ok(())
    }

    /// Without the zeros behind it; where training reads all of a clip, all of it.
    fn stamp(&self, row: usize, into: &mut Vec<u8>) -> Result<(), DataError> {
        let clip = &self.clips[row];
        let steps = if self.prepare.long == Long::Random { clip.len() } else { self.form.width() };
        let mut own = vec![0.0_f32; clip.len().min(steps)];
        clip.read(self.prepare.long.from(clip.len(), steps), &mut own);
        into.extend_from_slice(bytemuck::cast_slice(&own));
        Ok(())
    }
}
