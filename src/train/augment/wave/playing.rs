//! The statements of sounds as they run: one after another on a row.
//!
//! Invariant: what becomes of a row is a function of its samples and of (seed, statements, epoch, position) alone.

use super::{Alter, Clip, Recordings};
use crate::{
    data::DataError,
    draws::site_key,
    sound::{Vocoder, pitch::Bench, vocoder::usual_window},
    train::augment::{Draw, Plan, Row, Statement},
    vocab::Timed,
};

/// What the draws of stretches are addressed by, as those of a statement are by its path.
const STRETCHES: &str = "long";

/// What stands in a file as statements.
pub struct Playing {
    /// Of the draws of stretches, where clips are longer than rows and a stretch of each is drawn.
    stretches: Option<u64>,
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
    recordings: Recordings,
}

/// What a thread works on, kept from row to row.
#[derive(Default)]
pub struct Studio {
    samples: Vec<f32>,
    other: Vec<f32>,
    bench: Bench,
}

impl Playing {
    /// Row statements for sounds of `least` to `most` samples, `rate` a second; `recorded` reads the sounds of a folder at that rate.
    ///
    /// # Errors
    /// A folder that cannot be read, at the statement.
    pub fn new(
        statements: &[Statement],
        rate: u32,
        (least, most): (usize, usize),
        recorded: &mut dyn FnMut(&str) -> Result<Recordings, DataError>,
    ) -> Result<Self, DataError> {
        let mut sites = Vec::new();
        for statement in statements {
            let used = &statement.used;
            let Plan::Sound(act) = used.word.plan(&used.args) else { continue };
            let recordings = match used.word.recordings(&used.args) {
                Some(folder) => recorded(folder).map_err(|e| e.net(used.args.span))?,
                None => Vec::new(),
            };
            sites.push(Site { act, key: site_key(&statement.path), p: statement.p(), recordings });
        }
        let vocoder = Vocoder::new(usual_window(rate));
        Ok(Self { stretches: None, sites, vocoder, rate, most, least })
    }

    /// The same where clips may be longer than rows, and another stretch of each is read in every epoch.
    #[must_use]
    pub fn of_stretches(self) -> Self {
        Self { stretches: Some(site_key(STRETCHES)), ..self }
    }

    pub fn draws_stretches(&self) -> bool {
        self.stretches.is_some()
    }

    /// The first of the `steps` samples that are read of a longer clip of `all`, where that is drawn: uniform among all places.
    #[must_use]
    pub fn stretch(&self, row: &Row, all: usize, steps: usize) -> Option<usize> {
        let over = all.checked_sub(steps).filter(|over| *over > 0)?;
        let mut draw = Draw::new(row, self.stretches?);
        // Every statement begins with its coin; this one always acts.
        draw.happens(Timed::Constant(1.0));
        Some(draw.below(over + 1))
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
        for Site { act, key, p, recordings } in &self.sites {
            let mut draw = Draw::new(row, *key);
            // The coin is drawn though it should be sure, so that the other draws stay where they are.
            if draw.happens(*p) {
                act.alter(
                    &mut draw,
                    &mut Clip { samples, rate, most, least, vocoder, bench, recordings, other },
                );
            }
        }
        samples
    }
}
