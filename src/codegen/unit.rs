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
use crate::loops::{Kernel, Program};

use super::isa::Target;
use super::layout::Table;
use super::schedule::Schedule;
use super::shape::Shape;
use super::{CodegenError, Options, chains, kernel, run};

/// A function of the host that native code calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Import {
    /// Of a library kernel.
    Library(Symbol),
    Barrier,
    Clock,
}

impl Import {
    /// All, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        Symbol::ALL.iter().map(|symbol| Self::Library(*symbol)).chain([Self::Barrier, Self::Clock])
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Library(symbol) => symbol.name(),
            Self::Barrier => "dropnet_barrier",
            Self::Clock => "dropnet_clock",
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
    let call_conv = target.isa.default_call_conv();
    let mut units: Vec<Unit> = Vec::new();
    let mut shapes: Vec<Shape<'_>> = Vec::new();
    let mut functions = Vec::new();
    let mut words = Vec::new();
    for kernel in &program.kernels {
        let (function, length) = match kernel {
            Kernel::Call { call, .. } => {
                let import = Callee::Import(Import::Library(call.symbol()));
                (Some(import), call.operands().len() + call.params().len())
            }
            Kernel::Total { .. } => (None, 0),
            Kernel::Loop(k) => {
                let shape = Shape::new(k, &program.buffers, options)?;
                let words = shape.words();
                let number = match shapes.iter().position(|known| known.same_code(&shape)) {
                    Some(number) => number,
                    None => {
                        let name = UserFuncName::user(0, units.len() as u32);
                        let mut function = Function::with_name_signature(name, kernel_signature(call_conv));
                        let mut fb = FunctionBuilder::new(&mut function, &mut context);
                        kernel::emit(&mut fb, &shape, target.fma)?;
                        fb.finalize(target.isa.frontend_config());
                        units.push(Unit { name: k.name.clone(), serves: Vec::new(), function });
                        shapes.push(shape);
                        units.len() - 1
                    }
                };
                units[number].serves.push(k.name.clone());
                (Some(Callee::Unit(number)), words)
            }
        };
        functions.push(function);
        words.push(length);
    }
    let table = Table::new(program.buffers.len(), words.into_iter());
    let schedule = Schedule::new(program);
    let chains = chains::chains(program, &schedule.step);
    let function =
        build_run(&units, &functions, (&schedule, &chains), &table, options.profile, target, &mut context);
    units.push(Unit { name: "run".into(), serves: Vec::new(), function });
    Ok(Units { units, table, schedule })
}

#[derive(Clone, Copy, PartialEq)]
enum Callee {
    Unit(usize),
    Import(Import),
}

fn build_run(
    units: &[Unit],
    callees: &[Option<Callee>],
    (schedule, chains): (&Schedule, &[Range<usize>]),
    table: &Table,
    profile: bool,
    target: &Target,
    context: &mut FunctionBuilderContext,
) -> Function {
    let call_conv = target.isa.default_call_conv();
    let number = units.len();
    let mut function =
        Function::with_name_signature(UserFuncName::user(0, number as u32), run_signature(call_conv));
    let mut fb = FunctionBuilder::new(&mut function, context);
    let mut known: Vec<(Callee, FuncRef)> = Vec::new();
    let mut reference = |fb: &mut FunctionBuilder<'_>, callee: Callee| {
        if let Some((_, f)) = known.iter().find(|(c, _)| *c == callee) {
            return *f;
        }
        let (index, colocated) = match callee {
            Callee::Unit(n) => (n, true),
            Callee::Import(import) => (number + 1 + import.number(), false),
        };
        let signature = match callee {
            Callee::Import(import) => import.signature(call_conv),
            Callee::Unit(_) => kernel_signature(call_conv),
        };
        let signature = fb.import_signature(signature);
        let name = UserExternalName::new(0, index as u32);
        let name = ExternalName::user(fb.func.declare_imported_user_function(name));
        let f = fb.import_function(ExtFuncData { name, signature, colocated, patchable: false });
        known.push((callee, f));
        f
    };
    let functions: Vec<Option<FuncRef>> = callees.iter().map(|c| c.map(|c| reference(&mut fb, c))).collect();
    let barrier = reference(&mut fb, Callee::Import(Import::Barrier));
    let clock = profile.then(|| reference(&mut fb, Callee::Import(Import::Clock)));
    run::emit(&mut fb, &run::Plan { schedule, chains, functions: &functions, table, barrier, clock });
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
