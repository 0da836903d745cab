//! The row statements of a net as they run: one after another on a row, those that move it composed.
//!
//! Invariant: what becomes of a row is a function of its numbers and of (seed, statements, epoch, position) alone.

use super::{
    Paint, Plan, Statement,
    draw::{Draw, Row},
    facts::Facts,
    moves::{Fill, Map, Move, View, moved},
    picture::{Picture, Pixel, Pixels, Size},
    resample::{Resample, Window, resized},
};
use crate::{draws::site_key, vocab::Timed};

/// What stands in a file as statements.
pub struct Chain {
    stages: Vec<Stage>,
    facts: Facts,
    from: Size,
    to: Size,
    channels: usize,
}

enum Stage {
    /// Statements that are one map.
    Moves {
        moves: Vec<Site<dyn Move>>,
        fill: Fill,
        to: Size,
    },
    Paint(Site<dyn Paint>),
    Resample(Site<dyn Resample>),
}

/// A statement at its place.
struct Site<T: ?Sized> {
    act: Box<T>,
    key: u64,
    /// How often it acts.
    p: Timed,
}

impl<T: ?Sized> Site<T> {
    /// The statement's draws, if it acts on this row.
    fn acts<'r>(&self, row: &'r Row) -> Option<Draw<'r>> {
        let mut draw = Draw::new(row, self.key);
        // The coin is drawn though it should be sure, so that the other draws stay where they are.
        draw.happens(self.p).then_some(draw)
    }
}

/// Room for a row between two statements, used again from row to row.
pub struct Room<T> {
    one: Vec<T>,
    other: Vec<T>,
}

impl<T> Default for Room<T> {
    fn default() -> Self {
        Self { one: Vec::new(), other: Vec::new() }
    }
}

/// The picture of a kind of number.
pub trait Painted: Pixel {
    fn pixels(data: &mut [Self]) -> Pixels<'_>;
}

impl Painted for u8 {
    fn pixels(data: &mut [u8]) -> Pixels<'_> {
        Pixels::Bytes(data)
    }
}

impl Painted for f32 {
    fn pixels(data: &mut [f32]) -> Pixels<'_> {
        Pixels::Floats(data)
    }
}

impl Chain {
    /// Row statements for pictures of this size.
    #[must_use]
    pub fn new(statements: &[Statement], from: Size, channels: usize, facts: Facts) -> Self {
        let mut chain = Self { stages: Vec::new(), facts, from, to: from, channels };
        for statement in statements {
            let args = &statement.used.args;
            let (key, p) = (site_key(&statement.path), statement.p());
            let size = statement.used.word.size(args, chain.to).unwrap_or(chain.to);
            match statement.used.word.plan(args) {
                Plan::Move(act) => chain.join(Site { act, key, p }, size),
                Plan::Paint(act) => chain.stages.push(Stage::Paint(Site { act, key, p })),
                Plan::Resample(act) => chain.stages.push(Stage::Resample(Site { act, key, p })),
                Plan::Edit(_) | Plan::Sound(_) | Plan::Pair(_) | Plan::Nothing => {}
            }
            chain.to = size;
        }
        chain
    }

    /// Adds a move to the map that the statement before it belongs to, unless they fill with different colours.
    fn join(&mut self, site: Site<dyn Move>, size: Size) {
        let own = site.act.fill();
        if let Some(Stage::Moves { moves, fill, to }) = self.stages.last_mut() {
            let filled = moves.iter().any(|site| site.act.fill().is_some());
            if own.is_none_or(|own| !filled || own == *fill) {
                *fill = own.unwrap_or(*fill);
                *to = size;
                moves.push(site);
                return;
            }
        }
        self.stages.push(Stage::Moves { moves: vec![site], fill: own.unwrap_or(Fill::Black), to: size });
    }

    /// Numbers of a row before all statements, and after them.
    #[must_use]
    pub fn widths(&self) -> [usize; 2] {
        [self.from, self.to].map(|size| size[0] * size[1] * self.channels)
    }

    /// Height, width and channels of a row after all statements.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        [self.to[0], self.to[1], self.channels]
    }

    /// Black and white.
    #[must_use]
    pub fn range(&self) -> [f32; 2] {
        self.facts.range
    }

    /// What becomes of a row.
    pub fn apply<'r, T: Painted>(&self, row: &Row, picture: &'r [T], room: &'r mut Room<T>) -> &'r [T] {
        let Room { one, other } = room;
        let mut size = self.from;
        // Until something has changed it, the row is read where it lies.
        let mut is_own = false;
        for stage in &self.stages {
            match stage {
                Stage::Moves { moves, fill, to } => {
                    let map = composed(moves, row, size);
                    if map == Map::same(size) {
                        continue;
                    }
                    debug_assert_eq!(map.size, *to, "statements give the sizes that they say");
                    let view =
                        View { data: if is_own { one } else { picture }, size, channels: self.channels };
                    other.resize(to[0] * to[1] * self.channels, T::of_f32(0.0));
                    moved(view, &map, *fill, &self.facts, other);
                    std::mem::swap(one, other);
                    (size, is_own) = (*to, true);
                }
                Stage::Resample(site) => {
                    let whole = Window { top: 0, left: 0, height: size[0], width: size[1] };
                    let drawn = site.acts(row).map(|mut draw| site.act.window(&mut draw, size));
                    let (window, to) = (drawn.unwrap_or(whole), site.act.size());
                    let view =
                        View { data: if is_own { one } else { picture }, size, channels: self.channels };
                    other.resize(to[0] * to[1] * self.channels, T::of_f32(0.0));
                    resized(view, window, to, other);
                    std::mem::swap(one, other);
                    (size, is_own) = (to, true);
                }
                Stage::Paint(site) => {
                    let Some(mut draw) = site.acts(row) else { continue };
                    if !is_own {
                        one.clear();
                        one.extend_from_slice(picture);
                        is_own = true;
                    }
                    let pixels = T::pixels(one);
                    let mut painted = Picture { size, channels: self.channels, pixels, facts: &self.facts };
                    site.act.paint(&mut draw, &mut painted);
                }
            }
        }
        if is_own { one } else { picture }
    }
}

fn composed(moves: &[Site<dyn Move>], row: &Row, size: Size) -> Map {
    moves.iter().fold(Map::same(size), |before, site| match site.acts(row) {
        Some(mut draw) => site.act.map(&mut draw, before.size).after(&before),
        None => site.act.idle(before.size).after(&before),
    })
}
