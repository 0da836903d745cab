//! A product of two matrices, or of as many pairs of matrices as the batch axes have.

use std::fmt::Write;

use super::{Axis, Library, Reach, Region, Touch, Touched, params};
use crate::graph::Dim;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{READ, Work};
use crate::loops::{AXES, BufferId, Cost, Domain, print};

/// Columns of a product that are one part, at most and at least. A panel of fewer than 16 columns would waste vectors of 16 lanes.
const PANEL_MOST: usize = 64;
const PANEL_LEAST: usize = 16;
/// Products with fewer columns are cut by rows.
const COLUMNS_LEAST: usize = 32;
/// A row of the batch with so many rows of a matrix is a map: products of maps are cut by shards, and over maps by pieces of `k`.
const MAP_LEAST: usize = 8;
/// Pieces of a sum over maps, and elements of a result that are worth so many copies of it (1 MiB each).
const PIECES: usize = 8;
const PIECES_MOST: usize = 1 << 18;

/// A matrix of a product: rows of `stride` elements, from `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Matrix {
    pub buffer: BufferId,
    pub stride: usize,
    pub offset: usize,
    pub transposed: bool,
}

/// A matrix extent: `batch * len` if `batch`, else `len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    pub batch: bool,
    pub len: usize,
}

/// `count` matrices of each operand, so many elements apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub count: Extent,
    pub a: usize,
    pub b: usize,
    pub c: usize,
}

/// The pairs of matrices that are multiplied: two levels of them, such as rows of the batch and heads in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    pub outer: Level,
    pub inner: Level,
}

/// `c = op(a) op(b)`, or `c += ...`, for each pair: `c` is m x n, and k elements are summed.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    pub a: Matrix,
    pub b: Matrix,
    pub c: Matrix,
    pub m: Extent,
    pub n: Extent,
    pub k: Extent,
    pub batches: Batches,
    pub accumulate: bool,
    /// Whether rows of the result are each a function of one row of `a`, to the bit: whatever is beside it, however the product is divided.
    pub ordered: bool,
    /// Where this is not 1, `k` is cut into so many pieces, and `c` is partials: a row of m n elements for each, to be combined.
    pub pieces: usize,
}

/// How each matrix of the result is cut: a function of the product's form, hence of shapes.
///
/// Panels of columns read all of `a`: right where it is a batch of rows, and wrong where it is as long as a batch of pictures. There
/// a part is a shard of the rows' maps, as in a loop over the result, whose own part may then follow at once. A sum over
/// maps, as in the gradient of their weights, has few columns and many steps: it is cut into pieces of `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Columns {
        width: usize,
    },
    /// Panels of 32 rows.
    Rows,
    /// Rows of `c` that belong to `grain` rows of the batch.
    Shards {
        grain: usize,
    },
    Pieces {
        count: usize,
    },
}

impl Cut {
    /// As words: which it is, and its size.
    fn words(self) -> (u64, u64) {
        match self {
            Self::Columns { width } => (ProductParams::COLUMNS, width as u64),
            Self::Rows => (ProductParams::ROWS, 0),
            Self::Shards { grain } => (ProductParams::SHARDS, grain as u64),
            Self::Pieces { count } => (ProductParams::PIECES, count as u64),
        }
    }
}

params! {
    /// Of the host's function, whose parts are the panels of the cut. An extent is `len`, times the rows of the batch where its
    /// `batch` is 1; a matrix begins at `offset` and has `down` and `right` elements to the next row and column.
    pub struct ProductParams {
        pub m_batch,
        pub m_len,
        pub n_batch,
        pub n_len,
        pub k_batch,
        pub k_len,
        /// One of the cuts below.
        pub cut,
        /// Columns of a panel, rows of the batch of a shard, or number of pieces.
        pub size,
        /// 1 where the result is added to what is there.
        pub accumulate,
        /// 1 where sums are in order of `k`.
        pub ordered,
        pub a_offset,
        pub a_down,
        pub a_right,
        pub b_offset,
        pub b_down,
        pub b_right,
        pub c_offset,
        pub c_down,
        pub c_right,
        /// Parts of one matrix of the result where there are several matrices; 0 where there is one.
        pub panels,
        /// Pairs of matrices within one of the outer level, and steps to the next.
        pub inner_len,
        pub a_inner,
        pub b_inner,
        pub c_inner,
        pub a_outer,
        pub b_outer,
        pub c_outer,
    }
}

impl ProductParams {
    pub const ROWS: u64 = 0;
    pub const COLUMNS: u64 = 1;
    pub const SHARDS: u64 = 2;
    pub const PIECES: u64 = 3;
}

impl Level {
    /// A single matrix.
    pub const ONE: Self = Self { count: Extent { batch: false, len: 1 }, a: 0, b: 0, c: 0 };
}

impl Batches {
    /// A single pair.
    pub const ONE: Self = Self { outer: Level::ONE, inner: Level::ONE };

    fn is_one(self) -> bool {
        self == Self::ONE
    }

    fn of(self, rows: usize) -> usize {
        self.outer.count.of(rows) * self.inner.count.of(rows)
    }
}

impl Extent {
    /// For a batch of `rows` rows.
    pub fn of(self, rows: usize) -> usize {
        if self.batch { rows * self.len } else { self.len }
    }
}

impl Matrix {
    /// The elements it covers as a matrix of `rows` x `cols`, so many times.
    fn region(self, rows: Extent, cols: Extent, batches: Batches, step: fn(Level) -> usize) -> Region {
        let (rows, cols) = if self.transposed { (cols, rows) } else { (rows, cols) };
        let level = |level: Level| Axis { count: level.count, step: step(level) };
        let axes = [
            level(batches.outer),
            level(batches.inner),
            Axis { count: rows, step: self.stride },
            Axis { count: cols, step: 1 },
        ];
        Region::Grid { offset: self.offset, axes }
    }

    /// Elements from row to row and from column to column.
    fn steps(self) -> (u64, u64) {
        let stride = self.stride as u64;
        if self.transposed { (1, stride) } else { (stride, 1) }
    }

    fn at(self, row: usize, col: usize) -> usize {
        let (row, col) = if self.transposed { (col, row) } else { (row, col) };
        self.offset + row * self.stride + col
    }

    fn print(self, rows: Extent, cols: Extent, name: &dyn Fn(BufferId) -> String) -> String {
        let (rows, cols) = if self.transposed { (cols, rows) } else { (rows, cols) };
        let mut text = format!("{}[{}, {}", name(self.buffer), print::extent(rows), print::extent(cols));
        if self.stride != cols.len || self.offset != 0 {
            // Writing to a string does not fail.
            let _ = write!(text, "; stride {}, offset {}", self.stride, self.offset);
        }
        text.push(']');
        if self.transposed {
            text.push_str("^T");
        }
        text
    }
}

/// Steps of `k` of each piece; the last ones may have fewer or none.
pub fn piece(k: usize, pieces: usize) -> usize {
    k.div_ceil(pieces).next_multiple_of(32)
}

impl Product {
    /// Into how many pieces `k` is best cut: those of [`pieces`](Self::pieces).
    pub fn pieces(m: Extent, n: Extent, k: Extent, batches: Batches) -> usize {
        let long = k.batch && k.len >= MAP_LEAST && batches.is_one();
        if long && m.len.saturating_mul(n.len) <= PIECES_MOST { PIECES } else { 1 }
    }

    pub fn cut(&self) -> Cut {
        let n = self.n.len;
        if self.pieces > 1 {
            return Cut::Pieces { count: self.pieces };
        }
        if self.m.batch
            && self.m.len >= MAP_LEAST
            && let Parts::BatchShards(grain) = Domain::nest(Dim::Batch, [1, 1, self.m.len]).parts()
        {
            return Cut::Shards { grain };
        }
        match !self.n.batch && n >= COLUMNS_LEAST {
            true => {
                Cut::Columns { width: (n / 8).next_multiple_of(PANEL_LEAST).clamp(PANEL_LEAST, PANEL_MOST) }
            }
            false => Cut::Rows,
        }
    }

    /// What one part touches of a matrix whose rows are those of `c`.
    fn reach(&self, matrix: Matrix) -> Reach {
        match self.cut() {
            Cut::Shards { grain } if !matrix.transposed => {
                Reach::Rows { rows: Dim::Batch, grain, width: self.m.len * matrix.stride, pass: false }
            }
            _ => Reach::All,
        }
    }

    /// Rows that partials of the pieces have.
    pub fn rows_of_pieces(&self) -> Domain {
        Domain::Rows { rows: Dim::Const(self.pieces), inner: [1; AXES], grain: 1 }
    }

    /// Parts of one matrix of the result.
    fn panels(&self) -> Parts {
        match self.cut() {
            Cut::Columns { width } => Parts::Const(self.n.len.div_ceil(width)),
            Cut::Rows => Parts::row_panels(self.m.batch, self.m.len),
            Cut::Shards { grain } => Parts::BatchShards(grain),
            Cut::Pieces { count } => Parts::Const(count),
        }
    }
}

impl Library for Product {
    fn word(&self) -> String {
        "contract".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let read = |matrix: Matrix, rows, cols, step, reach| Touched {
            buffer: matrix.buffer,
            touch: Touch::Read,
            region: matrix.region(rows, cols, self.batches, step),
            reach,
        };
        let panels = Reach::Panels {
            cut: self.cut(),
            m: self.m,
            n: self.n,
            stride: self.c.stride,
            offset: self.c.offset,
            batches: self.batches,
        };
        let (region, reach) = match (self.cut(), self.reach(self.c)) {
            (Cut::Pieces { .. }, _) => {
                let cols = self.m.len.saturating_mul(self.n.len);
                (Region::Partials { cols, domain: self.rows_of_pieces() }, panels)
            }
            (_, Reach::All) => (self.c.region(self.m, self.n, self.batches, |level| level.c), panels),
            (_, rows) => (self.c.region(self.m, self.n, self.batches, |level| level.c), rows),
        };
        let touch = if self.accumulate { Touch::Update } else { Touch::Write };
        vec![
            read(self.a, self.m, self.k, |level| level.a, self.reach(self.a)),
            read(self.b, self.k, self.n, |level| level.b, Reach::All),
            Touched { buffer: self.c.buffer, touch, region, reach },
        ]
    }

    fn check(&self) -> Result<(), String> {
        let (rows, cols) = if self.c.transposed { (self.n, self.m) } else { (self.m, self.n) };
        if cols.len > self.c.stride {
            return Err("rows of the result overlap".to_string());
        }
        if self.ordered && (self.accumulate || self.pieces > 1) {
            return Err("sums in order are cut or begun elsewhere".to_string());
        }
        let plain =
            self.c.stride == self.n.len && self.c.offset == 0 && !self.c.transposed && !self.accumulate;
        let constant = !self.m.batch && !self.n.batch && self.batches.is_one();
        if self.pieces == 0 || self.pieces > 1 && !(plain && constant) {
            return Err("pieces are not combined".to_string());
        }
        let Batches { outer, inner } = self.batches;
        if self.batches.is_one() {
            return Ok(());
        }
        // Each level's matrices lie between those of the level around it, whatever the rows of the batch are.
        let matrix = rows.len * self.c.stride;
        let apart = inner.count.len == 1 || matrix <= inner.c;
        let around = outer.count == Level::ONE.count || (matrix.max(inner.count.len * inner.c)) <= outer.c;
        if rows.batch || cols.batch || inner.count.batch || !apart || !around {
            return Err("matrices of the result overlap".to_string());
        }
        Ok(())
    }

    fn parts(&self) -> Parts {
        let Batches { outer, inner } = self.batches;
        let matrices = outer.count.len * inner.count.len;
        match self.panels() {
            Parts::Const(panels) if outer.count.batch => Parts::BatchTimes(matrices * panels),
            Parts::Const(panels) => Parts::Const(matrices * panels),
            // There is one matrix only.
            panels => panels,
        }
    }

    fn params(&self) -> Vec<u64> {
        let ((a_down, a_right), (b_down, b_right), (c_down, c_right)) =
            (self.a.steps(), self.b.steps(), self.c.steps());
        let Batches { outer, inner } = self.batches;
        let (cut, size) = self.cut().words();
        ProductParams {
            m_batch: u64::from(self.m.batch),
            m_len: self.m.len as u64,
            n_batch: u64::from(self.n.batch),
            n_len: self.n.len as u64,
            k_batch: u64::from(self.k.batch),
            k_len: self.k.len as u64,
            cut,
            size,
            accumulate: u64::from(self.accumulate),
            ordered: u64::from(self.ordered),
            a_offset: self.a.offset as u64,
            a_down,
            a_right,
            b_offset: self.b.offset as u64,
            b_down,
            b_right,
            c_offset: self.c.offset as u64,
            c_down,
            c_right,
            panels: match self.panels() {
                Parts::Const(panels) if !self.batches.is_one() => panels as u64,
                _ => 0,
            },
            inner_len: inner.count.len as u64,
            a_inner: inner.a as u64,
            b_inner: inner.b as u64,
            c_inner: inner.c as u64,
            a_outer: outer.a as u64,
            b_outer: outer.b as u64,
            c_outer: outer.c as u64,
        }
        .words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let (m, n, k) = (self.m.of(rows), self.n.of(rows), self.k.of(rows));
        let result = if self.accumulate { 2 * m * n } else { m * n * self.pieces };
        let pairs = self.batches.of(rows);
        Cost { flops: 2 * m * n * k * pairs, bytes: 4 * (m * k + k * n + result) * pairs }
    }

    fn work(&self) -> Work {
        let (m, n, k) = (self.m.len as f64, self.n.len as f64, self.k.len as f64);
        let Batches { outer, inner } = self.batches;
        let pairs = (outer.count.len * inner.count.len) as f64;
        let batch = self.m.batch || self.n.batch || self.k.batch || outer.count.batch;
        let mut work = Work::each(batch, m * n * k * pairs);
        // A matrix that stays from step to step is read in each, however few rows there are.
        if self.m.batch {
            work.fixed += READ * n * k;
        }
        work
    }

    fn multiplies(&self) -> bool {
        true
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let rows = machine.rows();
        let (m, n, k) = (self.m.of(rows), self.n.of(rows), self.k.of(rows));
        let inner = self.batches.inner.count.len;
        for pair in 0..self.batches.of(rows) {
            let at = |step: fn(Level) -> usize| {
                pair / inner * step(self.batches.outer) + pair % inner * step(self.batches.inner)
            };
            let (a, b) = (
                &machine.floats(self.a.buffer)[at(|l| l.a)..],
                &machine.floats(self.b.buffer)[at(|l| l.b)..],
            );
            let product = |j: usize, row: usize, col: usize| {
                f64::from(a[self.a.at(row, j)]) * f64::from(b[self.b.at(j, col)])
            };
            let steps = if self.pieces > 1 { piece(k, self.pieces) } else { k };
            let sum = |i: usize| {
                let (first, i) = (i / (m * n) * steps, i % (m * n));
                (first.min(k)..(first + steps).min(k)).map(|j| product(j, i / n, i % n)).sum::<f64>() as f32
            };
            let result: Vec<f32> = (0..m * n * self.pieces).map(sum).collect();
            let c = &mut machine.floats_mut(self.c.buffer)[at(|l| l.c)..];
            for (i, value) in result.into_iter().enumerate() {
                // Pieces are rows of partials, each a whole matrix.
                let cell = &mut c[self.c.at(i / n, i % n)];
                *cell = if self.accumulate { *cell + value } else { value };
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let sign = if self.accumulate { "+=" } else { "=" };
        let (m, n, k) = (self.m, self.n, self.k);
        let (a, b, c) = (self.a.print(m, k, name), self.b.print(k, n, name), self.c.print(m, n, name));
        let Batches { outer, inner } = self.batches;
        let mut text = format!("{c} {sign} {a} * {b}");
        if self.ordered {
            text.push_str(", in order");
        }
        // Writing to a string does not fail.
        if self.pieces > 1 {
            let _ = write!(text, ", in {} pieces", self.pieces);
        }
        for level in [outer, inner].into_iter().filter(|level| *level != Level::ONE) {
            let (count, Level { a, b, c, .. }) = (print::extent(level.count), level);
            let _ = write!(text, ", {count} times with steps {c}, {a}, {b}");
        }
        text
    }
}
