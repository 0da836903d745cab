//! Instances: one value seen through one view in one kernel, made once.

use super::deep;
use super::trace::{Fail, Home, Instance, Level, Trace, What};
use super::view::{Step, Stop, View, Walk, is_uniform, step, stride};
use crate::graph::{Address, DType, Dim, Op, Reduction, ValueId};
use crate::loops::{Access, Binary, Domain, Unary, Units};

impl Trace<'_, '_> {
    /// The instance of `v` under `view`. On failure instances may be left behind: the caller undoes them.
    pub(super) fn value(&mut self, v: ValueId, view: View) -> Result<u32, Fail> {
        let view = if is_uniform(self.context.graph.ty(v)) { View::UNIFORM } else { view };
        if let Some(i) = self.memo.get(&(v, view)) {
            return Ok(*i);
        }
        let instance = if self.context.stored.contains(&v) {
            match self.own.get(&v).copied() {
                None => self.load(v, Home::Value(v), view, 0)?,
                Some(stored) => {
                    let mark = self.mark();
                    match self.compute(v, view) {
                        Err(Fail::Cut(_)) if self.roots.contains(&super::trace::Root::Value(v)) => {
                            // Written in pieces, looked at as a whole: from memory, after the pass that wrote it.
                            self.undo(mark);
                            self.load(v, Home::Value(v), view, stored + 1)?
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
                Err(Fail::Cut(shorter)) => {
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
            let what = What::Accumulate { reduction, len: window.len.unwrap_or(1) };
            parts.push(self.push(Instance { node: v, what, args: vec![arg], level: Level::Row, stage }));
        }
        Ok(self.fold(v, reduction, parts))
    }

    fn fold(&mut self, v: ValueId, reduction: Reduction, parts: Vec<u32>) -> u32 {
        let binary = match reduction {
            Reduction::Sum => Binary::Add,
            Reduction::Max => Binary::Max,
        };
        let mut parts = parts.into_iter();
        let Some(mut sum) = parts.next() else { return self.operation(v, What::Const(0.0), Vec::new()) };
        for part in parts {
            sum = self.operation(v, What::Binary(binary), vec![sum, part]);
        }
        sum
    }

    fn push(&mut self, instance: Instance) -> u32 {
        self.instances.push(instance);
        self.instances.len() as u32 - 1
    }

    /// An instance that is known where its operands are.
    fn operation(&mut self, node: ValueId, what: What, args: Vec<u32>) -> u32 {
        let random = matches!(what, What::Mask(_) | What::Noise(_));
        let least = if random { Level::Row } else { Level::Uniform };
        let level = args.iter().map(|a| self.instances[*a as usize].level).max().unwrap_or(least).max(least);
        let stage = args.iter().map(|a| self.instances[*a as usize].stage).max().unwrap_or(0);
        self.push(Instance { node, what, args, level, stage })
    }

    /// Its operands first, and theirs.
    fn compute(&mut self, v: ValueId, view: View) -> Result<u32, Fail> {
        deep(|| self.compute_here(v, view))
    }

    fn compute_here(&mut self, v: ValueId, view: View) -> Result<u32, Fail> {
        let blamed = self.context.may_store(v).then_some(v);
        let walked =
            step(self.context.graph, self.domain, v, view, self.exact).map_err(|stop| match stop {
                Stop::Cut(n) => Fail::Cut(n),
                Stop::Cannot => Fail::Store(blamed),
            })?;
        self.walk(v, view, walked).map_err(|fail| match fail {
            Fail::Store(None) => Fail::Store(blamed),
            other => other,
        })
    }

    fn walk(&mut self, v: ValueId, view: View, walked: Step) -> Result<u32, Fail> {
        match walked {
            Step::Zero => Ok(self.operation(v, What::Const(0.0), Vec::new())),
            Step::Alias(x, view) => self.value(x, view),
            Step::Accumulate(reduction, x, view) => self.accumulate(v, reduction, x, view),
            Step::Fold(reduction, parts) => {
                let parts =
                    parts.into_iter().map(|(x, view)| self.value(x, view)).collect::<Result<_, _>>()?;
                Ok(self.fold(v, reduction, parts))
            }
            Step::Compute(operands) => {
                let args =
                    operands.into_iter().map(|(x, view)| self.value(x, view)).collect::<Result<_, _>>()?;
                let what = arithmetic(&self.context.graph.node(v).op).ok_or(Fail::Store(None))?;
                let i = self.operation(v, what, args);
                if self.instances[i as usize].what == What::OneHot && view.len.is_some() {
                    self.instances[i as usize].level = Level::Column;
                }
                Ok(i)
            }
            Step::Leaf => self.leaf(v, view),
        }
    }

    fn leaf(&mut self, v: ValueId, view: View) -> Result<u32, Fail> {
        let node = self.context.graph.node(v);
        match &node.op {
            Op::Const(value) => Ok(self.operation(v, What::Const(*value), Vec::new())),
            Op::Scalar(s) => Ok(self.operation(v, What::Scalar(*s, node.ty.dtype), Vec::new())),
            Op::RowKey(site) => self.key(v, *site),
            Op::Param(p) => self.load(v, Home::Param(*p), view, 0),
            Op::Slot(s) => self.load(v, Home::Slot(*s), view, 0),
            Op::State(s) => self.load(v, Home::State(*s), view, 0),
            Op::Input { slot, partner } => self.gather(v, Home::Input(*slot), *partner, view),
            Op::Target { partner } => self.gather(v, Home::Target, *partner, view),
            Op::KeepMask { dims, shared } => {
                let (units, key) = self.draw(v, view, dims, shared)?;
                let q = self.value(node.inputs[1], View::UNIFORM)?;
                Ok(self.drawn(v, What::Mask(units), vec![key, q], view))
            }
            Op::Noise { dims, shared } => {
                let (units, key) = self.draw(v, view, dims, shared)?;
                Ok(self.drawn(v, What::Noise(units), vec![key], view))
            }
            _ => Err(Fail::Store(None)),
        }
    }

    fn drawn(&mut self, v: ValueId, what: What, args: Vec<u32>, view: View) -> u32 {
        let i = self.operation(v, what, args);
        if view.len.is_some() {
            self.instances[i as usize].level = Level::Column;
        }
        i
    }

    /// The row's key belongs to the batch row, whatever the view of what is drawn with it.
    fn key(&mut self, v: ValueId, site: crate::graph::SiteId) -> Result<u32, Fail> {
        let i = self.operation(v, What::Key(site), Vec::new());
        if self.context.graph.sites[site.index()].address == Address::Row {
            self.instances[i as usize].level = Level::Row;
        }
        Ok(i)
    }

    /// Numbers of the units in the window, and the key they are drawn with.
    fn draw(
        &mut self,
        v: ValueId,
        view: View,
        dims: &[usize],
        shared: &[bool],
    ) -> Result<(Units, u32), Fail> {
        let ty = self.context.graph.ty(v);
        let (inner, own) = match (view.walk, self.domain) {
            (Walk::Rows, Domain::Rows { rows: Dim::Batch, inner }) => {
                (inner, stride(self.domain, ty).ok_or(Fail::Store(None))?)
            }
            (Walk::Fixed, Domain::Flat { .. }) => (1, 0),
            (Walk::Fixed, Domain::Rows { inner, .. }) => (inner, 0),
            _ => return Err(Fail::Store(None)),
        };
        let key = self.context.graph.node(v).inputs[0];
        let key = self.value(key, View { walk: view.walk, offset: 0, len: None })?;
        let len = view.len.unwrap_or(1);
        let consecutive = inner == 1 || (own == len && view.offset == 0);
        if consecutive && !shared.contains(&true) {
            return Ok((Units::Consecutive { offset: view.offset }, key));
        }
        let unit = |i: usize| shared_unit(i, dims, shared);
        let table =
            (0..inner).flat_map(|r| (0..len).map(move |c| r * own + view.offset + c)).map(unit).collect();
        Ok((Units::Table(table), key))
    }

    fn load(&mut self, v: ValueId, home: Home, view: View, stage: u32) -> Result<u32, Fail> {
        let access = self.access(v, view)?;
        let dtype = self.context.graph.ty(v).dtype;
        Ok(self.push(Instance {
            node: v,
            what: What::Load { home, access, dtype },
            args: Vec::new(),
            level: level(view),
            stage,
        }))
    }

    /// How the elements of `view` are addressed in memory that holds `v`.
    pub(super) fn access(&self, v: ValueId, view: View) -> Result<Access, Fail> {
        let View { walk, offset, len } = view;
        let ty = self.context.graph.ty(v);
        Ok(match (walk, len) {
            (Walk::Rows, _) => {
                let stride = stride(self.domain, ty).ok_or(Fail::Store(None))?;
                if len.is_some() { Access::Full { stride, offset } } else { Access::Row { stride, offset } }
            }
            (Walk::Fixed, Some(_)) => Access::Col { offset },
            (Walk::Fixed, None) if offset == 0 => Access::One,
            (Walk::Fixed, None) => Access::Row { stride: 0, offset },
            (Walk::Inner, _) => {
                let Domain::Rows { inner, .. } = self.domain else { return Err(Fail::Store(None)) };
                Access::Inner { stride: ty.row_len() / inner, offset }
            }
        })
    }

    /// A row of the data set: only whole rows of the batch, from their first column.
    fn gather(&mut self, v: ValueId, home: Home, partner: bool, view: View) -> Result<u32, Fail> {
        let ty = self.context.graph.ty(v);
        let rows = self.domain == Domain::Rows { rows: Dim::Batch, inner: 1 };
        if !rows || view.walk != Walk::Rows || view.offset != 0 {
            return Err(Fail::Store(None));
        }
        let access = Access::Gathered { stride: ty.row_len(), partner };
        let dtype: DType = ty.dtype;
        Ok(self.push(Instance {
            node: v,
            what: What::Load { home, access, dtype },
            args: Vec::new(),
            level: level(view),
            stage: 0,
        }))
    }
}

fn level(view: View) -> Level {
    match (view.len, view.walk) {
        (Some(_), _) => Level::Column,
        (None, Walk::Fixed) => Level::Uniform,
        (None, _) => Level::Row,
    }
}

/// Row-major index in `dims`, to which shared axes contribute 0.
fn shared_unit(index: usize, dims: &[usize], shared: &[bool]) -> u32 {
    let mut rest = index;
    let mut unit = 0;
    let mut weight = 1;
    for (n, share) in dims.iter().zip(shared).rev() {
        if !share {
            unit += rest % n * weight;
        }
        rest /= n;
        weight *= n;
    }
    unit as u32
}

fn arithmetic(op: &Op) -> Option<What> {
    let unary = |u| Some(What::Unary(u));
    let binary = |b| Some(What::Binary(b));
    match op {
        Op::Neg => unary(Unary::Neg),
        Op::Abs => unary(Unary::Abs),
        Op::Exp => unary(Unary::Exp),
        Op::Log => unary(Unary::Log),
        Op::Sqrt => unary(Unary::Sqrt),
        Op::Tanh => unary(Unary::Tanh),
        Op::Sigmoid => unary(Unary::Sigmoid),
        Op::Softplus => unary(Unary::Softplus),
        Op::Erf => unary(Unary::Erf),
        Op::Add => binary(Binary::Add),
        Op::Sub => binary(Binary::Sub),
        Op::Mul => binary(Binary::Mul),
        Op::Div => binary(Binary::Div),
        Op::Max => binary(Binary::Max),
        Op::Min => binary(Binary::Min),
        Op::Less => binary(Binary::Less),
        Op::Select => Some(What::Select),
        Op::OneHot { .. } => Some(What::OneHot),
        _ => None,
    }
}
