//! The statements of sounds as they run: one after another on a row.
//!
//! Invariant: what becomes of a row is a function of its samples and of (seed, statements, epoch, position) alone.

use super::{Alter, Clip};
use crate::{
    draws::site_key,
    sound::{Vocoder, pitch::Bench, vocoder::usual_window},
    train::augment::{Draw, Plan, Row, Statement},
    vocab::Timed,
};

/// What stands in a file as statements.
pub struct Playing {
    sites: Vec<Site>,
    vocoder: Vocoder,
    rate: u32,
    most: usize,
    least: usize,
}

/// A statement at its place.
struct Site {
    act: Box<dyn Alter>,
    key: u64,
    /// How often it acts.
    p: Timed,
}

/// What a thread works on, kept from row to row.
#[derive(Default)]
pub struct Studio {
    samples: Vec<f32>,
    other: Vec<f32>,
    bench: Bench,
}

impl Playing {
    /// Row statements for sounds of `least` to `most` samples, `rate` a second.
    #[must_use]
    pub fn new(statements: &[Statement], rate: u32, least: usize, most: usize) -> Self {
        let sites = statements.iter().filter_map(|statement| {
            let Plan::Sound(act) = statement.used.word.plan(&statement.used.args) else { return None };
            Some(Site { act, key: site_key(&statement.path), p: statement.p() })
        });
        let (sites, vocoder) = (sites.collect(), Vocoder::new(usual_window(rate)));
        Self { sites, vocoder, rate, most, least }
    }

    /// Samples a second, and samples at most.
    #[must_use]
    pub fn sizes(&self) -> (u32, usize) {
        (self.rate, self.most)
    }

    /// What becomes of a row's own samples.
    pub fn apply<'s>(&self, row: &Row, own: &[f32], studio: &'s mut Studio) -> &'s [f32] {
        let Studio { samples, other, bench } = studio;
        samples.clear();
        samples.extend_from_slice(own);
        let Self { vocoder, rate, most, least, .. } = self;
        let (rate, most, least) = (*rate, *most, *least);
        for Site { act, key, p } in &self.sites {
            let mut draw = Draw::new(row, *key);
            // The coin is drawn though it should be sure, so that the other draws stay where they are.
            if draw.happens(*p) {
                act.alter(&mut draw, &mut Clip { samples, rate, most, least, vocoder, bench, other });
            }
        }
        samples
    }
}
