//! A product of a row's steps with a matrix where one mask for all steps drops columns of the left one: it draws the mask again and leaves out what that
//! drops. At rates at which this does not pay it is the library's dense product.

use super::attend::Draws;
use super::product::{Cut, Product};
use super::{Batches, Extent, Library, Reach, Touched, params};
use crate::draws;
use crate::graph::{ScalarId, SiteId};
use crate::kernels::thinned::pays;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::Work;
use crate::loops::{BufferId, Cost};

/// Which matrix has the columns that are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The left one.
    Forward,
    /// The left one, of which this is the gradient of the right one.
    Weights,
    /// The result, which is read through the mask.
    Inputs,
}

impl Side {
    pub const FORWARD: u64 = 0;
    pub const WEIGHTS: u64 = 1;
    pub const INPUTS: u64 = 2;

    fn number(self) -> u64 {
        match self {
            Self::Forward => Self::FORWARD,
            Self::Weights => Self::WEIGHTS,
            Self::Inputs => Self::INPUTS,
        }
    }
}

/// A dense product, and what of it is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Thinned {
    pub product: Product,
    pub side: Side,
    pub draws: Draws,
    /// Number of the first column's unit.
    pub unit: usize,
}

/// Columns of the result that are one part.
pub const PANEL: usize = 64;

params! {
    /// Of the host's function, whose parts are panels of [`PANEL`] columns of the result. Matrices begin at `offset`, lines of memory are `stride` apart.
    pub struct ThinnedParams {
        pub side,
        pub steps,
        pub units,
        /// Columns of the matrix of weights.
        pub cols,
        pub a_offset,
        pub a_stride,
        pub b_offset,
        pub b_stride,
        pub c_offset,
        pub c_stride,
        pub unit,
        pub site,
        pub by_update,
        pub scalar,
    }
}

/// Columns of the weights, and of what may be dropped, from which products by list fill their vectors.
const LEAST: (usize, usize) = (32, 16);

impl Thinned {
    /// Whether it is large enough to be worth it.
    pub fn fills_vectors(&self) -> bool {
        let (_, units, cols) = self.sizes();
        cols >= LEAST.0 && units >= LEAST.1
    }

    /// Steps of a row, columns that may be dropped, columns of the matrix of weights.
    fn sizes(&self) -> (usize, usize, usize) {
        let Product { m, n, k, .. } = &self.product;
        match self.side {
            Side::Forward => (m.len, k.len, n.len),
            Side::Weights => (k.len, m.len, n.len),
            Side::Inputs => (m.len, n.len, k.len),
        }
    }
}

impl Library for Thinned {
    fn word(&self) -> String {
        "thinned contract".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let Product { m, n, k, a, b, c, batches, .. } = self.product;
        let read = |matrix: super::Matrix, rows, cols| Touched {
            buffer: matrix.buffer,
            touch: super::Touch::Read,
            region: matrix.alone(rows, cols),
            reach: Reach::All,
        };
        let reach = Reach::Panels {
            cut: Cut::Columns { width: PANEL },
            m,
            n,
            stride: c.stride,
            offset: c.offset,
            batches,
        };
        vec![
            read(a, m, k),
            read(b, k, n),
            Touched { buffer: c.buffer, touch: super::Touch::Write, region: c.alone(m, n), reach },
        ]
    }

    fn scalars(&self) -> Vec<ScalarId> {
        vec![self.draws.q]
    }

    fn sites(&self) -> Vec<SiteId> {
        vec![self.draws.site]
    }

    fn check(&self) -> Result<(), String> {
        let product = &self.product;
        let (a, b, c) = (product.a, product.b, product.c);
        let turned = [a.transposed, b.transposed, c.transposed];
        let (rows, lies) = match self.side {
            Side::Forward => (product.m, [false, false, false]),
            Side::Weights => (product.k, [true, false, false]),
            Side::Inputs => (product.m, [false, true, false]),
        };
        let fixed = |extent: Extent| !extent.batch;
        let others = match self.side {
            Side::Forward | Side::Inputs => fixed(product.n) && fixed(product.k),
            Side::Weights => fixed(product.m) && fixed(product.n),
        };
        let whole = product.pieces == 1 && !product.accumulate && !product.ordered;
        match rows.batch && others && whole && turned == lies && product.batches == Batches::ONE {
            true => product.check(),
            false => Err("what it leaves out does not lie in lines".to_string()),
        }
    }

    fn parts(&self) -> Parts {
        Parts::Const(self.product.n.len.div_ceil(PANEL))
    }

    fn params(&self) -> Vec<u64> {
        let (steps, units, cols) = self.sizes();
        let Product { a, b, c, .. } = self.product;
        ThinnedParams {
            side: self.side.number(),
            steps: steps as u64,
            units: units as u64,
            cols: cols as u64,
            a_offset: a.offset as u64,
            a_stride: a.stride as u64,
            b_offset: b.offset as u64,
            b_stride: b.stride as u64,
            c_offset: c.offset as u64,
            c_stride: c.stride as u64,
            unit: self.unit as u64,
            site: u64::from(self.draws.site.0),
            by_update: u64::from(self.draws.by_update),
            scalar: u64::from(self.draws.q.0),
        }
        .words()
    }

    fn cost(&self, rows: usize) -> Cost {
        self.product.cost(rows)
    }

    fn work(&self) -> Work {
        self.product.work()
    }

    fn multiplies(&self) -> bool {
        true
    }

    /// The dense product; of what flows to the inputs that alone which the mask keeps, where that is what the kernel makes.
    fn interpret(&self, machine: &mut Machine<'_>) {
        self.product.interpret(machine);
        let q = machine.word(self.draws.q);
        if self.side != Side::Inputs || !pays(q) {
            return;
        }
        let (steps, units, _) = self.sizes();
        for row in 0..machine.rows() {
            let key = machine.row_key(self.draws.site, row, self.draws.by_update);
            let dropped: Vec<usize> =
                (0..units).filter(|unit| !draws::kept(key, (self.unit + unit) as u32, q)).collect();
            let c = machine.floats_mut(self.product.c.buffer);
            for step in 0..steps {
                dropped.iter().for_each(|unit| c[self.product.c.at(row * steps + step, *unit)] = 0.0);
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let what = match self.side {
            Side::Forward | Side::Weights => "of the first",
            Side::Inputs => "of the result",
        };
        format!("{}, without the columns {what} that a row drops", self.product.print(name))
    }
}
