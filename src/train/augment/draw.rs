//! What a statement draws for a row: a function of seed, statement, epoch and position, never of what was drawn elsewhere.

use crate::{
    draws::{augment_stream, bits32, normal, row_key},
    vocab::{Clock, Timed},
};

/// A row of the training part at its place in an epoch.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub seed: u64,
    pub epoch: u64,
    /// Place in the epoch's shuffled order.
    pub position: u64,
    /// Its number in the source.
    pub number: u64,
    /// The moment of its update: what a `ramp(...)` goes by.
    pub clock: Clock,
}

/// The draws of one statement for one row, one after another.
pub struct Draw<'r> {
    pub row: &'r Row,
    /// Key of the statement's path.
    site: u64,
    key: u64,
    next: u32,
}

impl<'r> Draw<'r> {
    pub fn new(row: &'r Row, site: u64) -> Self {
        let key = row_key(augment_stream(row.seed, site, row.epoch), row.position);
        Self { row, site, key, next: 0 }
    }

    /// 32 random bits.
    fn bits(&mut self) -> u32 {
        let bits = bits32(self.key, self.next);
        self.next += 1;
        bits
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.bits()) / 4_294_967_296.0
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, (low, high): (f64, f64)) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.bits()) * n as u64) >> 32) as usize
    }

    /// Whether an event of this probability happens.
    pub fn happens(&mut self, p: Timed) -> bool {
        self.unit() < p.at(&self.row.clock)
    }

    /// A standard normal deviate.
    pub fn normal(&mut self) -> f32 {
        let z = normal(self.key, self.next, false);
        self.next += 1;
        z
    }

    /// A coin of the source's row, the same in every epoch.
    pub fn coin_of_the_row(&self) -> bool {
        let key = row_key(augment_stream(self.row.seed, !self.site, 0), self.row.number);
        bits32(key, 0) >> 31 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::site_key;

    const ROW: Row = Row { seed: 42, epoch: 3, position: 7, number: 11, clock: Clock::END };

    /// Never changes within edition 1.
    #[test]
    fn known_answers() {
        let mut draw = Draw::new(&ROW, site_key("crop"));
        let bits = [draw.bits(), draw.bits(), draw.bits()];
        assert_eq!(bits, KNOWN);
        let mut draw = Draw::new(&ROW, site_key("crop"));
        assert_eq!(draw.below(9), ((9 * u64::from(KNOWN[0])) >> 32) as usize);
        assert_eq!(draw.unit(), f64::from(KNOWN[1]) / 2.0_f64.powi(32));
    }
    const KNOWN: [u32; 3] = [2_712_981_659, 1_648_073_827, 4_141_626_915];

    #[test]
    fn every_coordinate_counts() {
        let first = |row: Row, path: &str| Draw::new(&row, site_key(path)).bits();
        let others = [
            first(Row { seed: 43, ..ROW }, "crop"),
            first(Row { epoch: 4, ..ROW }, "crop"),
            first(Row { position: 8, ..ROW }, "crop"),
            first(ROW, "crop_2"),
        ];
        assert!(others.iter().all(|other| *other != first(ROW, "crop")));
        assert_eq!(first(Row { number: 0, ..ROW }, "crop"), first(ROW, "crop"));
    }

    #[test]
    fn the_coin_of_a_row_is_fair_and_stays() {
        let coin = |row: Row| Draw::new(&row, site_key("flip")).coin_of_the_row();
        assert!((0..50).all(|epoch| coin(Row { epoch, position: epoch, ..ROW }) == coin(ROW)));
        let heads = (0..10_000).filter(|number| coin(Row { number: *number, ..ROW })).count();
        assert!((4_800..5_200).contains(&heads), "{heads}");
    }
}
