//! A program as Cranelift functions: one a kernel shape, and `run`. Nothing is linked yet, so this is also what `emit` prints.
//!
//! Functions have numbers: kernels in order of first use, then `run`, then the imports. Names in text are these numbers, never addresses.

use std::ops::Range;

use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{
    AbiParam, ExtFuncData, ExternalName, FuncRef, Function, Signature, UserExternalName, UserFuncName,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use crate::loops::calls::Symbol;
use crate::loops::{Buffer, Kernel, Program};

use super::isa::Target;
use super::layout::{Table, runs};
use super::schedule::Schedule;
use super::shape::Shape;
use super::{CodegenError, Options, chains, kernel, operands, over_time, run};

/// A function of the host that native code calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Import {
    /// Of a library kernel.
    Library(Symbol),
    Barrier,
    Clock,
    /// Which shards a step of a loop over time is run on.
    Rest,
    /// Whether a coin keeps in a step.
    Coin,
}

impl Import {
    /// All, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        Symbol::ALL.iter().map(|symbol| Self::Library(*symbol)).chain([
            Self::Barrier,
            Self::Clock,
            Self::Rest,
            Self::Coin,
        ])
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Library(symbol) => symbol.name(),
            Self::Barrier => "dropnet_barrier",
            Self::Clock => "dropnet_clock",
            Self::Rest => "dropnet_rest",
            Self::Coin => "dropnet_coin",
        }
    }

    /// Its place among all.
    fn number(self) -> usize {
        Self::all().position(|import| import == self).unwrap_or_default()
    }

    pub fn signature(self, call_conv: CallConv) -> Signature {
        match self {
            Self::Library(_) => kernel_signature(call_conv),
            Self::Barrier => signature(call_conv, 1, 0),
            Self::Clock => signature(call_conv, 2, 0),
            Self::Rest => signature(call_conv, 4, 1),
            Self::Coin => signature(call_conv, 3, 1),
        }
    }
}

/// A function and the kernels of the program that it serves.
pub(super) struct Unit {
    pub name: String,
    pub serves: Vec<String>,
    pub function: Function,
}

pub(super) struct Units {
    /// The last is `run`.
    pub units: Vec<Unit>,
    pub table: Table,
    pub schedule: Schedule,
}

impl Units {
    /// Number of the first import.
    pub fn imports(&self) -> usize {
        self.units.len()
    }
}

pub(super) fn build(program: &Program, options: &Options, target: &Target) -> Result<Units, CodegenError> {
    let mut context = FunctionBuilderContext::new();
    let mut kernels =
        Kernels { options, target, context: &mut context, units: Vec::new(), shapes: Vec::new(), loops: 0 };
    let mut served = Vec::with_capacity(program.kernels.len());
    for kernel in &program.kernels {
        served.push(kernels.serve(kernel, &program.buffers)?);
    }
    let (mut units, loops) = (kernels.units, kernels.loops);
    // Loops over time, of whose functions it is known by now which those in them are.
    let imports = units.len() + loops + 1;
    for (kernel, served) in program.kernels.iter().zip(&mut served) {
        if let (Kernel::Repeat { name, repeat }, Some(Callee::Loop(steps))) = (kernel, &served.callee) {
            let name_of = UserFuncName::user(0, units.len() as u32);
            let call_conv = target.isa.default_call_conv();
            let mut function = Function::with_name_signature(name_of, kernel_signature(call_conv));
            let mut fb = FunctionBuilder::new(&mut function, &mut context);
            let mut names = References { imports, call_conv, known: Vec::new() };
            let steps: Vec<(FuncRef, usize)> =
                steps.iter().map(|(callee, words)| (names.of(&mut fb, callee), *words)).collect();
            let rest = repeat.rest(0).map(|rest| {
                (names.of(&mut fb, &Callee::Import(Import::Rest)), operands::words_of_rest(&rest))
            });
            over_time::emit(&mut fb, repeat.steps, rest, &steps);
            fb.finalize(target.isa.frontend_config());
            served.callee = Some(Callee::Unit(units.len()));
            units.push(Unit { name: name.clone(), serves: vec![name.clone()], function });
        }
    }
    let rows =
        served.iter().zip(&program.kernels).map(|(served, kernel)| (served.words, runs(program, kernel)));
    let table = Table::new(program.buffers.len(), rows);
    let schedule = Schedule::new(program);
    let chains = chains::chains(program, &schedule.step);
    let callees: Vec<Option<Callee>> = served.into_iter().map(|s| s.callee).collect();
    let function = build_run(
        program,
        &units,
        &callees,
        (&schedule, &chains, &table),
        options.profile,
        target,
        &mut context,
    );
    units.push(Unit { name: "run".into(), serves: Vec::new(), function });
    Ok(Units { units, table, schedule })
}

#[derive(Clone, PartialEq)]
enum Callee {
    Unit(usize),
    Import(Import),
    /// A loop over time, whose function is not built yet: the kernels of a step, each with the words of its row.
    Loop(Vec<(Callee, usize)>),
}

/// A kernel's function, if it has one, and the words of its row in the operand table.
struct Served {
    callee: Option<Callee>,
    words: usize,
}

/// The functions of kernels, each shape once.
struct Kernels<'p, 'c> {
    options: &'c Options,
    target: &'c Target,
    context: &'c mut FunctionBuilderContext,
    units: Vec<Unit>,
    shapes: Vec<Shape<'p>>,
    /// Loops over time met so far.
    loops: usize,
}

impl<'p> Kernels<'p, '_> {
    fn serve(&mut self, kernel: &'p Kernel, buffers: &'p [Buffer]) -> Result<Served, CodegenError> {
        match kernel {
            Kernel::Call { call, .. } => {
                let callee = Some(Callee::Import(Import::Library(call.symbol())));
                Ok(Served { callee, words: call.front().len() + call.operands().len() + call.params().len() })
            }
            Kernel::Total { .. } => Ok(Served { callee: None, words: 0 }),
            Kernel::Loop(k) => {
                let shape = Shape::new(k, buffers, self.options)?;
                let words = shape.words();
                Ok(Served { callee: Some(Callee::Unit(self.unit(shape, &k.name)?)), words })
            }
            Kernel::Repeat { repeat, .. } => {
                self.loops += 1;
                let rest = repeat.rest(0).map_or(0, |rest| operands::words_of_rest(&rest));
                let (mut step, mut words) = (Vec::new(), repeat.steps * rest);
                for kernel in &repeat.body.kernels {
                    let served = self.serve(kernel, &repeat.body.buffers)?;
                    words += repeat.steps * served.words;
                    step.extend(served.callee.map(|callee| (callee, served.words)));
                }
                Ok(Served { callee: Some(Callee::Loop(step)), words })
            }
        }
    }

    /// The number of the function for a shape.
    fn unit(&mut self, shape: Shape<'p>, name: &str) -> Result<usize, CodegenError> {
        let number = match self.shapes.iter().position(|known| known.same_code(&shape)) {
            Some(number) => number,
            None => {
                let signature = kernel_signature(self.target.isa.default_call_conv());
                let mut function =
                    Function::with_name_signature(UserFuncName::user(0, self.units.len() as u32), signature);
                let mut fb = FunctionBuilder::new(&mut function, self.context);
                kernel::emit(&mut fb, &shape, self.target.fma)?;
                fb.finalize(self.target.isa.frontend_config());
                self.units.push(Unit { name: name.to_string(), serves: Vec::new(), function });
                self.shapes.push(shape);
                self.units.len() - 1
            }
        };
        self.units[number].serves.push(name.to_string());
        Ok(number)
    }
}

/// Functions that a function calls, each named once.
struct References {
    /// Number of the first import.
    imports: usize,
    call_conv: CallConv,
    known: Vec<(Callee, FuncRef)>,
}

impl References {
    fn of(&mut self, fb: &mut FunctionBuilder<'_>, callee: &Callee) -> FuncRef {
        if let Some((_, f)) = self.known.iter().find(|(c, _)| c == callee) {
            return *f;
        }
        let (index, colocated, signature) = match callee {
            Callee::Import(import) => {
                (self.imports + import.number(), false, import.signature(self.call_conv))
            }
            Callee::Unit(n) => (*n, true, kernel_signature(self.call_conv)),
            // Its function is built before it is called.
            Callee::Loop(_) => (0, true, kernel_signature(self.call_conv)),
        };
        let signature = fb.import_signature(signature);
        let name = UserExternalName::new(0, index as u32);
        let name = ExternalName::user(fb.func.declare_imported_user_function(name));
        let f = fb.import_function(ExtFuncData { name, signature, colocated, patchable: false });
        self.known.push((callee.clone(), f));
        f
    }
}

fn build_run(
    program: &Program,
    units: &[Unit],
    callees: &[Option<Callee>],
    (schedule, chains, table): (&Schedule, &[Range<usize>], &Table),
    profile: bool,
    target: &Target,
    context: &mut FunctionBuilderContext,
) -> Function {
    let call_conv = target.isa.default_call_conv();
    let number = units.len();
    let mut function =
        Function::with_name_signature(UserFuncName::user(0, number as u32), run_signature(call_conv));
    let mut fb = FunctionBuilder::new(&mut function, context);
    let mut names = References { imports: number + 1, call_conv, known: Vec::new() };
    let functions: Vec<Option<FuncRef>> =
        callees.iter().map(|c| c.as_ref().map(|c| names.of(&mut fb, c))).collect();
    let barrier = names.of(&mut fb, &Callee::Import(Import::Barrier));
    let clock = profile.then(|| names.of(&mut fb, &Callee::Import(Import::Clock)));
    let coin = (!program.branches.is_empty()).then(|| names.of(&mut fb, &Callee::Import(Import::Coin)));
    let coins: Vec<Vec<usize>> = program.kernels.iter().map(|kernel| program.coins_of(kernel)).collect();
    let branches = coin.map(|coin| run::Branches { coin, all: &program.branches, coins: &coins });
    let (functions, blocks) = (&functions, program.blocks);
    run::emit(&mut fb, &run::Plan { schedule, chains, functions, table, blocks, barrier, clock, branches });
    fb.finalize(target.isa.frontend_config());
    function
}

fn signature(call_conv: CallConv, params: usize, results: usize) -> Signature {
    let mut s = Signature::new(call_conv);
    s.params = vec![AbiParam::new(I64); params];
    s.returns = vec![AbiParam::new(I64); results];
    s
}

/// Of kernels, generated and imported.
pub(super) fn kernel_signature(call_conv: CallConv) -> Signature {
    signature(call_conv, 4, 0)
}

pub(super) fn run_signature(call_conv: CallConv) -> Signature {
    signature(call_conv, 1, 1)
}
