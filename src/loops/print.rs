//! A program as text: one line a buffer, one line a kernel, then the bodies of the kernels as loops.

use std::fmt::Write;

use super::{
    Access, Affine, Binary, Buffer, BufferId, Domain, Extent, Inst, Kernel, LoopKernel, Operand, Program,
    Reg, Repeat, SHARD_ROWS, Section, Stmt, Unary,
};
use crate::graph::{Blocks, DType, Dim, Graph, Reduction};

/// The text of `program`, fused from `graph`: `buffer NAME: DTYPE[SHAPE] = VALUE` lines, `kernel NAME: op + op, unless PATH is dropped` lines, bodies.
pub fn print(program: &Program, graph: &Graph) -> String {
    let mut printer = Printer { program, graph, out: String::new() };
    if !program.blocks.are_one() {
        printer.line(0, &format!("rows in {} blocks", program.blocks.count()));
    }
    for buffer in &program.buffers {
        printer.line(
            0,
            &format!(
                "buffer {}: {}{} = {}",
                buffer.name,
                dtype(buffer.dtype),
                shape(&buffer.dims),
                buffer.value
            ),
        );
    }
    for kernel in &program.kernels {
        let (name, words, unless) = (printer.kernel_name(kernel), words(kernel), printer.unless(kernel));
        printer.line(0, &format!("kernel {name}: {words}{unless}"));
    }
    for kernel in &program.kernels {
        printer.kernel(kernel);
    }
    printer.out
}

/// What stands behind the tree over shards where it is one over blocks of rows too.
pub(super) fn in_blocks(blocks: Blocks) -> String {
    if blocks.are_one() { String::new() } else { format!(" in {} blocks", blocks.count()) }
}

struct Printer<'p> {
    program: &'p Program,
    graph: &'p Graph,
    out: String,
}

impl Printer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = 2 * depth);
    }

    fn buffer(&self, id: BufferId) -> &Buffer {
        &self.program.buffers[id.0 as usize]
    }

    fn name(&self, id: BufferId) -> &str {
        &self.buffer(id).name
    }

    fn kernel_name(&self, kernel: &Kernel) -> String {
        match kernel {
            Kernel::Loop(k) => k.name.clone(),
            Kernel::Call { name, .. } | Kernel::Repeat { name, .. } => name.clone(),
            Kernel::Total { index, .. } => format!("total({})", self.metric(*index)),
        }
    }

    fn metric(&self, index: u32) -> String {
        self.graph.metrics.get(index as usize).cloned().unwrap_or_else(|| index.to_string())
    }

    /// Which branches a kernel serves alone, so that it is not run where they are dropped.
    fn unless(&self, kernel: &Kernel) -> String {
        let site = |branch: &usize| self.program.branches[*branch].coin.site;
        let paths = self
            .program
            .coins_of(kernel)
            .iter()
            .map(|i| self.graph.sites[site(i).index()].path.clone())
            .collect::<Vec<_>>();
        if paths.is_empty() { String::new() } else { format!(", unless {} is dropped", paths.join(" or ")) }
    }

    fn kernel(&mut self, kernel: &Kernel) {
        let name = self.kernel_name(kernel);
        self.out.push('\n');
        match kernel {
            Kernel::Loop(k) => self.loops(k),
            Kernel::Call { call, .. } => {
                let text = call.print(&|id| self.name(id).to_string());
                self.line(0, &format!("{name}:"));
                self.line(1, &text);
            }
            Kernel::Repeat { repeat, .. } => self.repeat(&name, repeat),
            Kernel::Total { value, .. } => {
                let value = self.name(*value).to_string();
                self.line(0, &format!("{name} += {value}[0]"));
            }
        }
    }

    /// A loop over time: what its body's buffers are, then its kernels, a step further in.
    fn repeat(&mut self, name: &str, repeat: &Repeat) {
        let order =
            if repeat.reverse { "(0..N).rev()" } else { "0..N" }.replace('N', &repeat.steps.to_string());
        let within =
            repeat.within.map(|id| format!(" that have {}", repeat.body.buffers[id.0 as usize].name));
        let within = within.unwrap_or_default();
        self.line(0, &format!("{name}: for t in {order}, by {} rows{within}", repeat.grain));
        for (local, buffer) in (0..).map(BufferId).zip(&repeat.body.buffers) {
            let lies = repeat.text(local, &|id| self.name(id).to_string());
            self.line(1, &format!("{}: {}", buffer.name, lies));
        }
        let mut inside = Printer { program: &repeat.body, graph: self.graph, out: String::new() };
        repeat.body.kernels.iter().for_each(|kernel| inside.kernel(kernel));
        for line in inside.out.lines().filter(|line| !line.is_empty()) {
            self.line(1, line);
        }
    }

    fn loops(&mut self, kernel: &LoopKernel) {
        let rows = if matches!(kernel.domain, Domain::Flat { .. }) { "" } else { "for row in " };
        let slice = if kernel.slice.is_some() { ", a slice a rank" } else { "" };
        self.line(0, &format!("{}: {rows}{}{slice}", kernel.name, domain(kernel.domain)));
        for (reg, inst) in &kernel.body.uniform {
            let text = self.inst(kernel, inst);
            self.line(1, &format!("uniform {} = {text}", register(*reg)));
        }
        for section in &kernel.body.sections {
            let (depth, stmts) = match section {
                Section::Row(stmts) => (1, stmts),
                Section::Columns { cols, stmts } => {
                    self.line(1, &format!("for col in 0..{cols}"));
                    (2, stmts)
                }
            };
            self.stmts(kernel, stmts, depth);
        }
    }

    fn stmts(&mut self, kernel: &LoopKernel, stmts: &[Stmt], depth: usize) {
        for stmt in stmts {
            if let Stmt::Fold { taps, stmts, .. } = stmt {
                let taps = ranges(taps, &["s", "t"]);
                self.line(depth, &format!("for {}", taps.trim_start_matches(", ")));
                self.stmts(kernel, stmts, depth + 1);
            }
            let text = self.stmt(kernel, stmt);
            self.line(depth, &text);
        }
    }

    fn stmt(&self, kernel: &LoopKernel, stmt: &Stmt) -> String {
        match stmt {
            Stmt::Let(reg, inst) => format!("{} = {}", register(*reg), self.inst(kernel, inst)),
            Stmt::Store { operand, access, value } => {
                format!("{}{} = {}", self.operand(kernel, *operand), place(access), register(*value))
            }
            Stmt::Accumulate { into, reduction, value } => {
                format!("{} = {} of {} over col", register(*into), reduce(*reduction), register(*value))
            }
            Stmt::Fold { into, reduction, value, .. } => {
                format!("{} = {} of {} over the taps", register(*into), reduce(*reduction), register(*value))
            }
            Stmt::Partial { operand, reduction, value } => {
                format!(
                    "{}[shard] = {} of {} over rows",
                    self.operand(kernel, *operand),
                    reduce(*reduction),
                    register(*value)
                )
            }
        }
    }

    fn operand(&self, kernel: &LoopKernel, index: u32) -> String {
        match kernel.operands.get(index as usize) {
            Some(Operand::Buffer(b)) => self.name(*b).to_string(),
            Some(Operand::Scalar(s)) => {
                self.graph.scalars.get(s.index()).map_or_else(|| format!("{s:?}"), |s| s.name.clone())
            }
            Some(Operand::Site(s) | Operand::Over { site: s, .. }) => {
                self.graph.sites.get(s.index()).map_or_else(|| format!("{s:?}"), |s| s.path.clone())
            }
            None => format!("operand {index}"),
        }
    }

    fn inst(&self, kernel: &LoopKernel, inst: &Inst) -> String {
        match inst {
            Inst::Const(c) => format!("{c:?}"),
            Inst::Scalar { operand, .. } => format!("scalar {}", self.operand(kernel, *operand)),
            Inst::Load { operand, access, .. } => {
                format!("{}{}", self.operand(kernel, *operand), place(access))
            }
            Inst::RowKey { operand, by_update: false } => {
                format!("row_key({}, row)", self.operand(kernel, *operand))
            }
            Inst::RowKey { operand, by_update: true } => {
                format!("row_key({}, update)", self.operand(kernel, *operand))
            }
            Inst::KeepMask { key, q, unit } => {
                format!("keep_mask({}, {}, {})", register(*key), register(*q), self::unit(unit))
            }
            Inst::KeepMaskAt { key, q, unit } => {
                format!("keep_mask({}, {}, unit {})", register(*key), register(*q), register(*unit))
            }
            Inst::Noise { key, unit } => format!("noise({}, {})", register(*key), self::unit(unit)),
            Inst::Within { length, unit, stride, offset } => {
                let (length, unit) = (register(*length), self::unit(unit));
                match (stride, offset) {
                    (1, 0) => format!("within({length}, {unit})"),
                    (stride, ..0) => {
                        format!("within({length}, {stride} * {unit} - {})", offset.unsigned_abs())
                    }
                    _ => format!("within({length}, {stride} * {unit} + {offset})"),
                }
            }
            Inst::OneHot { label, offset: 0 } => format!("one_hot({})", register(*label)),
            Inst::OneHot { label, offset } => format!("one_hot({}, col - {offset})", register(*label)),
            Inst::Unary(Unary::Neg, x) => format!("-{}", register(*x)),
            Inst::Unary(op, x) => format!("{}({})", unary(*op), register(*x)),
            Inst::Binary(op, x, y) => binary(*op, register(*x), register(*y)),
            Inst::Select { condition, then, otherwise } => {
                format!("select({}, {}, {})", register(*condition), register(*then), register(*otherwise))
            }
        }
    }
}

fn register(reg: Reg) -> String {
    format!("r{}", reg.0)
}

fn unary(op: Unary) -> String {
    format!("{op:?}").to_lowercase()
}

fn binary(op: Binary, x: String, y: String) -> String {
    match op {
        Binary::Add => format!("{x} + {y}"),
        Binary::Sub => format!("{x} - {y}"),
        Binary::Mul => format!("{x} * {y}"),
        Binary::Div => format!("{x} / {y}"),
        Binary::Less => format!("{x} < {y}"),
        Binary::Max => format!("max({x}, {y})"),
        Binary::Min => format!("min({x}, {y})"),
    }
}

pub(super) fn reduce(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Sum => "sum",
        Reduction::Max | Reduction::First => "max",
    }
}

fn words(kernel: &Kernel) -> String {
    match kernel {
        Kernel::Loop(k) => k.fused.join(" + "),
        Kernel::Call { call, .. } => call.word(),
        Kernel::Repeat { repeat, .. } => format!("{} steps", repeat.steps),
        Kernel::Total { .. } => "total".to_string(),
    }
}

pub(super) fn dtype(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "f32",
        DType::I32 => "i32",
        DType::Bool => "bool",
        DType::Key => "key",
    }
}

fn dim(dim: Dim) -> String {
    match dim {
        Dim::Batch => "batch".to_string(),
        Dim::Const(n) => n.to_string(),
    }
}

pub(super) fn shape(dims: &[Dim]) -> String {
    format!("[{}]", dims.iter().map(|d| dim(*d)).collect::<Vec<_>>().join(", "))
}

pub(super) fn extent(extent: Extent) -> String {
    match extent {
        Extent { batch: true, len: 1 } => "batch".to_string(),
        Extent { batch: true, len } => format!("batch * {len}"),
        Extent { batch: false, len } => len.to_string(),
    }
}

pub(super) fn domain(domain: Domain) -> String {
    match domain {
        Domain::Rows { rows, inner, grain } => {
            let shards = if grain == SHARD_ROWS { String::new() } else { format!(" by {grain}") };
            format!("0..{}{shards}{}", dim(rows), ranges(&inner, &["i", "j", "k"]))
        }
        Domain::Flat { len } => format!("flat 0..{len}"),
    }
}

/// Axes that have more than one place, each behind a comma.
fn ranges(extents: &[usize], names: &[&str]) -> String {
    let axes = extents.iter().zip(names).filter(|(n, _)| **n > 1);
    axes.map(|(n, name)| format!(", {name} in 0..{n}")).collect()
}

fn place(access: &Access) -> String {
    format!("[{}]", access.text())
}

fn unit(unit: &Affine) -> String {
    format!("unit {}", unit.text("row"))
}
