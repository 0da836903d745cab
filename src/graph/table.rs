//! Matrices that are known before any data: what a net multiplies by and never trains.

use crate::sound::{Cosines, MelBank, Scale};

/// A matrix by its description, which is as long whatever the matrix is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Table {
    Mel(MelBank),
    Cosines(Cosines),
    /// 1, 2, .. so many, a column.
    Numbers(usize),
}

impl Table {
    /// Rows and columns.
    pub fn dims(&self) -> [usize; 2] {
        match self {
            Self::Mel(bank) => [bank.bins(), bank.bands],
            Self::Cosines(form) => [form.bands, form.kept],
            Self::Numbers(n) => [*n, 1],
        }
    }

    /// The matrix row by row.
    pub fn weights(&self) -> Vec<f64> {
        match self {
            Self::Mel(bank) => bank.weights(),
            Self::Cosines(form) => form.weights(),
            Self::Numbers(n) => (1..=*n).map(|n| n as f64).collect(),
        }
    }

    /// What it is, in a few words.
    pub fn text(&self) -> String {
        match self {
            Self::Mel(bank) => {
                let scale = if bank.scale == Scale::Htk { "htk" } else { "slaney" };
                let area = if bank.area { " area" } else { "" };
                format!("mel {scale} {}..{}Hz of {}Hz{area}", bank.low, bank.high, bank.rate)
            }
            Self::Cosines(_) => "cosines".to_string(),
            Self::Numbers(_) => "numbers".to_string(),
        }
    }

    /// The description as plain words; [`Self::of_words`] reads them.
    pub fn words(&self) -> [u64; Self::WORDS] {
        match self {
            Self::Mel(bank) => [
                0,
                u64::from(bank.rate),
                bank.fft as u64,
                bank.bands as u64,
                bank.low.to_bits(),
                bank.high.to_bits(),
                u64::from(bank.scale == Scale::Htk),
                u64::from(bank.area),
            ],
            Self::Cosines(form) => [1, form.bands as u64, form.kept as u64, 0, 0, 0, 0, 0],
            Self::Numbers(n) => [2, *n as u64, 0, 0, 0, 0, 0, 0],
        }
    }

    pub const WORDS: usize = 8;

    pub fn of_words(words: &[u64; Self::WORDS]) -> Self {
        let [kind, a, b, c, low, high, htk, area] = *words;
        match kind {
            0 => Self::Mel(MelBank {
                rate: a as u32,
                fft: b as usize,
                bands: c as usize,
                low: f64::from_bits(low),
                high: f64::from_bits(high),
                scale: if htk == 1 { Scale::Htk } else { Scale::Slaney },
                area: area == 1,
            }),
            1 => Self::Cosines(Cosines { bands: a as usize, kept: b as usize }),
            _ => Self::Numbers(a as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_read_from_their_words() {
        let (low, high) = (50.0, 8_000.0);
        let bank = MelBank { rate: 16_000, fft: 400, bands: 64, low, high, scale: Scale::Htk, area: false };
        let tables = [
            Table::Mel(bank),
            Table::Mel(MelBank { scale: Scale::Slaney, area: true, ..bank }),
            Table::Cosines(Cosines { bands: 64, kept: 13 }),
            Table::Numbers(7),
        ];
        for table in tables {
            assert_eq!(Table::of_words(&table.words()), table);
            assert_eq!(table.weights().len(), table.dims().iter().product::<usize>());
        }
    }
}
