//! Sounds that training is fed with: as small pictures, and as files to listen to.

use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::{
    plot::{Shades, Sheet, Tiles},
    runtime::augment::Shown,
    sound::{sonagram::sonagram, vocoder::usual_window},
};

/// Lines and columns of a small picture.
const SIZE: [usize; 2] = [48, 72];

/// Decibels from black to white, of all clips together.
const SPAN: f32 = 70.0;

/// A sound, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// Among the training rows.
    pub row: usize,
    pub original: Vec<f32>,
    /// Epochs from 1, and the samples that the net is fed in each, without the silence behind them.
    pub epochs: Vec<(u64, Vec<f32>)>,
}

/// Sounds of one net.
#[derive(Clone, Debug, PartialEq)]
pub struct Sounds {
    /// Samples a second.
    pub rate: u32,
    /// Samples of the longest clip that the net reads.
    pub most: usize,
    pub rows: Vec<Played>,
}

impl Sounds {
    pub(super) fn of(shown: &[Shown], rate: u32, most: usize) -> Self {
        let mut rows: Vec<Played> = Vec::new();
        for one in shown {
            let fed = bytemuck::pod_collect_to_vec::<u8, f32>(&one.fed)[..one.length].to_vec();
            match rows.iter_mut().find(|other| other.row == one.row) {
                Some(row) => row.epochs.push((one.epoch, fed)),
                None => {
                    rows.push(Played {
                        row: one.row,
                        original: one.original.clone(),
                        epochs: vec![(one.epoch, fed)],
                    });
                }
            }
        }
        rows.sort_by_key(|row| row.row);
        Self { rate, most, rows }
    }

    /// Spectrograms: a column of them as the clips are, and one an epoch.
    #[must_use]
    pub fn tiles(&self) -> Tiles {
        let window = usual_window(self.rate).max(2 * SIZE[0]);
        // Clips of which stretches are fed are longer than those.
        let longest = self.rows.iter().map(|row| row.original.len()).max().unwrap_or(0).max(self.most);
        let drawn = |clip: &[f32]| sonagram(clip, longest, window, SIZE);
        let epochs = self.rows.iter().map(|row| row.epochs.len()).max().unwrap_or(0);
        let mut sheets = vec![("as it is".to_owned(), Vec::new())];
        sheets.extend((1..=epochs).map(|epoch| (format!("epoch {epoch}"), Vec::new())));
        for row in &self.rows {
            sheets[0].1.push(drawn(&row.original));
            row.epochs.iter().for_each(|(epoch, clip)| sheets[*epoch as usize].1.push(drawn(clip)));
        }
        let all = sheets.iter().flat_map(|(_, tiles)| tiles).flatten();
        let loudest = all.fold(f32::NEG_INFINITY, |most, x| most.max(*x));
        let shades = Shades::Between(loudest - SPAN, loudest);
        let shape = [SIZE[0], SIZE[1], 1];
        let sheet = |(title, tiles)| Sheet { title, shape, shades, columns: Some(1), tiles };
        Tiles { sheets: sheets.into_iter().filter(|(_, tiles)| !tiles.is_empty()).map(sheet).collect() }
    }

    /// Writes every clip before and after as a wav file of 32-bit numbers into a folder, which is made if need be; answers how many there are.
    ///
    /// # Errors
    /// What cannot be written, and why.
    pub fn write(&self, folder: &Path) -> Result<usize, (PathBuf, String)> {
        std::fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error.to_string()))?;
        let mut written = 0;
        for row in &self.rows {
            let after = row.epochs.iter().map(|(epoch, clip)| (format!("epoch{epoch}"), clip));
            for (what, clip) in std::iter::once(("original".to_owned(), &row.original)).chain(after) {
                let path = folder.join(format!("row{}_{what}.wav", row.row));
                wav(&path, self.rate, clip).map_err(|error| (path, error.to_string()))?;
                written += 1;
            }
        }
        Ok(written)
    }
}

fn wav(path: &Path, rate: u32, samples: &[f32]) -> Result<(), hound::Error> {
    let spec =
        WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 32, sample_format: SampleFormat::Float };
    let mut writer = WavWriter::create(path, spec)?;
    samples.iter().try_for_each(|x| writer.write_sample(*x))?;
    writer.finalize()
}
