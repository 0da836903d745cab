//! Instances: one value seen through one view in one kernel, made once.

use super::carry::Stop;
use super::deep;
use super::form::{Compute, Law, Leaf};
use super::step::{Step, step, units};
use super::trace::{Fail, Home, Instance, Level, Trace, What};
use super::view::{View, is_uniform};
use crate::draws;
use crate::graph::{Address, Reduction, ValueId};
use crate::loops::{AXES, Access, Affine, Binary, TAPS};

/// Windows that a row is cut into, at most, where the value whose seams cut it can be stored instead.
const MOST_WINDOWS: usize = 32;

impl Trace<'_, '_> {
    /// The instance of `v` under `view`. On failure instances may be left behind: the caller undoes them.
    pub(super) fn value(&mut self, v: ValueId, view: View) -> Result<u32, Fail> {
        let view = if is_uniform(self.context.graph.ty(v)) { View::UNIFORM } else { view };
        if let Some(i) = self.memo.get(&(v, view)) {
            return Ok(*i);
        }
        let instance = if self.context.stored.contains(v) {
            match self.own.get(&v).copied() {
                None => self.load(v, Home::Value(v), view, 0),
                Some(stored) => {
                    let mark = self.mark();
                    match self.compute(v, view) {
                        Err(Fail::Cut(..)) if self.roots.contains(&super::trace::Root::Value(v)) => {
                            // Written in pieces, looked at as a whole: from memory, after the pass that wrote it.
                            self.undo(mark);
                            self.load(v, Home::Value(v), view, stored + 1)
                        }
                        other => other?,
                    }
                }
            }
        } else {
            self.compute(v, view)?
        };
        self.memo.insert((v, view), instance);
        self.log.push((v, view));
        Ok(instance)
    }

    /// `v` in windows that straddle no seam.
    pub(super) fn columns(&mut self, v: ValueId, view: View) -> Result<Vec<(View, u32)>, Fail> {
        let Some(total) = view.len else { return Ok(vec![(view, self.value(v, view)?)]) };
        let mut pieces = Vec::new();
        let mut done = 0;
        let mut len = total;
        while done < total {
            let window = View { offset: view.offset + done, len: Some(len), ..view };
            let mark = self.mark();
            match self.value(v, window) {
                Ok(i) => {
                    pieces.push((window, i));
                    done += len;
                    len = total - done;
                }
                Err(Fail::Cut(_, Some(of))) if pieces.len() == MOST_WINDOWS && of != v => {
                    return Err(Fail::Store(Some(self.context.strip(of))));
                }
                Err(Fail::Cut(shorter, _)) => {
                    self.undo(mark);
                    len = shorter;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(pieces)
    }

    /// The reduction of `x` over the columns of `view`, as row code.
    pub(super) fn accumulate(
        &mut self,
        v: ValueId,
        reduction: Reduction,
        x: ValueId,
        view: View,
    ) -> Result<u32, Fail> {
        let pieces = self.columns(x, view)?;
        let mut parts = Vec::new();
        for (window, arg) in pieces {
            let stage = self.instances[arg as usize].stage + 1;
            let what = What::Accumulate { reduction, len: window.len.unwrap_or(1), of: arg };
            parts.push(self.push(Instance { node: v, what, level: Level::Row, stage }));
        }
        Ok(self.join(v, reduction, parts))
    }

    /// The reduction of parts, one after another.
    fn join(&mut self, v: ValueId, reduction: Reduction, parts: Vec<u32>) -> u32 {
        let binary = match reduction {
            Reduction::Sum => Binary::Add,
            Reduction::Max | Reduction::First => Binary::Max,
        };
        let mut parts = parts.into_iter();
        let Some(mut sum) = parts.next() else { return self.operation(v, What::Const(0.0)) };
        for part in parts {
            sum = self.operation(v, What::Compute(Compute::Binary(binary, sum, part)));
        }
        sum
    }

    fn push(&mut self, instance: Instance) -> u32 {
        self.instances.push(instance);
        self.instances.len() as u32 - 1
    }

    /// An instance that is known where its operands are.
    fn operation(&mut self, node: ValueId, what: What) -> u32 {
        let args = || what.args().map(|a| &self.instances[a as usize]);
        let level = args().map(|a| a.level).max().unwrap_or(Level::Uniform);
        let stage = args().map(|a| a.stage).max().unwrap_or(0);
        self.push(Instance { node, what, level, stage })
    }

    /// Its operands first, and theirs.
    fn compute(&mut self, v: ValueId, view: View) -> Result<u32, Fail> {
        deep(|| self.compute_here(v, view))
    }

    fn compute_here(&mut self, v: ValueId, view: View) -> Result<u32, Fail> {
        let blamed = self.context.may_store(v).then_some(v);
        let walked =
            step(self.context.graph, self.domain, v, view, self.exact).map_err(|stop| match stop {
                Stop::Cut(n) => Fail::Cut(n, blamed),
                Stop::Cannot => Fail::Store(blamed),
            })?;
        self.walk(v, view, walked).map_err(|fail| match fail {
            Fail::Store(None) => Fail::Store(blamed),
            other => other,
        })
    }

    fn walk(&mut self, v: ValueId, view: View, walked: Step<'_>) -> Result<u32, Fail> {
        match walked {
            Step::Zero => Ok(self.operation(v, What::Const(0.0))),
            Step::Alias(x, view) => self.value(x, view),
            Step::Accumulate(reduction, x, view) => self.accumulate(v, reduction, x, view),
            Step::Windows(reduction, parts) => {
                let parts =
                    parts.into_iter().map(|(x, view)| self.value(x, view)).collect::<Result<_, _>>()?;
                Ok(self.join(v, reduction, parts))
            }
            Step::Fold(reduction, x, tapped) => {
                let arg = self.value(x, tapped)?;
                let what = What::Fold { reduction, taps: tapped.taps.map(|t| t.count), of: arg };
                let level = self.level(v, view).max(Level::Row);
                let stage = self.instances[arg as usize].stage;
                Ok(self.push(Instance { node: v, what, level, stage }))
            }
            Step::Compute(compute) => {
                let compute = compute.map(|(x, view)| self.value(x, view))?;
                Ok(self.operation(v, What::Compute(compute)))
            }
            Step::OneHot(label, of_row) => {
                let label = self.value(label, of_row)?;
                let i = self.operation(v, What::OneHot { label });
                if view.len.is_some() {
                    self.instances[i as usize].level = Level::Column;
                }
                Ok(i)
            }
            Step::Leaf(leaf) => Ok(self.leaf(v, view, leaf)),
            Step::DrawnAt { key, q, tokens: (tokens, of) } => {
                let (key, q) = (self.value(key, view.of_row())?, self.value(q, View::UNIFORM)?);
                let unit = self.value(tokens, of)?;
                Ok(self.operation(v, What::MaskAt { key, q, unit }))
            }
            Step::Drawn { law, key, dims, shared } => {
                let unit = self.unit(v, view, dims, shared)?;
                let key = self.value(key, view.of_row())?;
                let what = match law {
                    Law::Mask { q } => What::Mask { key, q: self.value(q, View::UNIFORM)?, unit },
                    Law::Noise => What::Noise { key, unit },
                    Law::Within { stride, offset } => What::Within { length: key, unit, stride, offset },
                };
                Ok(self.drawn(v, what, unit))
            }
        }
    }

    fn leaf(&mut self, v: ValueId, view: View, leaf: Leaf) -> u32 {
        match leaf {
            Leaf::Const(value) => self.operation(v, What::Const(value)),
            Leaf::Scalar(s) => self.operation(v, What::Scalar(s, self.context.graph.ty(v).dtype)),
            Leaf::Key(site) => self.key(v, site),
            Leaf::Kept(home) => self.load(v, home, view, 0),
            Leaf::Data { home, partner } => self.gather(v, home, partner, view),
        }
    }

    /// A draw is known where its unit is, and for a row at the least.
    fn drawn(&mut self, v: ValueId, what: What, unit: Affine) -> u32 {
        let i = self.operation(v, what);
        let level = match unit {
            Affine { taps, .. } if taps != [0; TAPS] => Level::Tap,
            Affine { col: 1, .. } => Level::Column,
            _ => Level::Row,
        };
        self.instances[i as usize].level = level;
        i
    }

    /// The row's key belongs to the batch row, whatever the view of what is drawn with it.
    fn key(&mut self, v: ValueId, site: crate::graph::SiteId) -> u32 {
        let i = self.operation(v, What::Key(site));
        if self.context.graph.sites[site.index()].address == Address::Row {
            self.instances[i as usize].level = Level::Row;
        }
        i
    }

    /// Numbers of the units in the window.
    fn unit(&self, v: ValueId, view: View, dims: &[usize], shared: &[bool]) -> Result<Affine, Fail> {
        let weights = draws::unit_weights(dims, shared);
        units(self.context.graph, self.domain, v, view, &weights, self.exact).map_err(|stop| match stop {
            Stop::Cut(n) => Fail::Cut(n, None),
            Stop::Cannot => Fail::Store(None),
        })
    }

    fn load(&mut self, v: ValueId, home: Home, view: View, stage: u32) -> u32 {
        let access = Access::own(self.affine(v, view));
        self.loaded(v, home, access, view, stage)
    }

    /// A row of the data set.
    fn gather(&mut self, v: ValueId, home: Home, partner: bool, view: View) -> u32 {
        let access = Access::data(partner, self.affine(v, view));
        self.loaded(v, home, access, view, 0)
    }

    fn loaded(&mut self, v: ValueId, home: Home, access: Access, view: View, stage: u32) -> u32 {
        let what = What::Load { home, access, dtype: self.context.graph.ty(v).dtype };
        let level = self.level(v, view);
        self.push(Instance { node: v, what, level, stage })
    }

    /// How the elements of `view` are addressed in memory that holds `v`.
    pub(super) fn affine(&self, v: ValueId, view: View) -> Affine {
        let ty = self.context.graph.ty(v);
        view.affine(if ty.has_batch() { ty.row_len() } else { 0 })
    }

    /// Where the elements of `view` are known.
    fn level(&self, v: ValueId, view: View) -> Level {
        let Affine { row, axes, col, .. } = self.affine(v, view);
        if view.is_tapped() {
            Level::Tap
        } else if col > 0 {
            Level::Column
        } else if row > 0 || axes != [0; AXES] {
            Level::Row
        } else {
            Level::Uniform
        }
    }
}
