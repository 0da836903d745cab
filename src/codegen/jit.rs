//! Functions to memory that can be executed, and its owner.
//!
//! Functions are compiled by up to two threads and linked by one. The module is never touched after it is linked, but for freeing it:
//! dropping a `JITModule` would leak its code by design.

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::print_errors::pretty_error;
use cranelift_codegen::{Context, FinalizedRelocTarget};
use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, ModuleReloc, default_libcall_names};

use super::abi::RunFn;
use super::isa::Target;
use super::unit::{Import, Unit, Units};
use super::{CodegenError, clock, host};
use crate::kernels::barrier;

/// Address space of a module beside its functions: for what is put between them.
const SLACK: usize = 64 << 10;

/// Owns executable memory.
pub(super) struct Code {
    module: Mutex<Option<JITModule>>,
    run: RunFn,
}

impl Code {
    /// Native `run`. The pointer is valid as long as `self`.
    pub fn run(&self) -> RunFn {
        self.run
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        let module = self.module.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(module) = module {
            // SAFETY: `run` is called only through a borrow of `self`, which has ended; nothing else knows an address in this memory.
            unsafe { module.free_memory() };
        }
    }
}

/// Machine code of one function, not yet placed.
struct Machine {
    bytes: Vec<u8>,
    align: u64,
    relocs: Vec<ModuleReloc>,
}

/// Compiles and links all functions.
pub(super) fn link(units: &Units, target: &Target) -> Result<Code, CodegenError> {
    let machines = compile_all(&units.units, target)?;
    guarded("link", || place(units, &machines, target))
}

fn place(units: &Units, machines: &[Machine], target: &Target) -> Result<Code, CodegenError> {
    let memory = |e: &dyn std::fmt::Display| CodegenError::Memory(e.to_string());
    let room = SLACK + machines.iter().map(|m| m.bytes.len() + m.align as usize).sum::<usize>();
    let mut builder = JITBuilder::with_isa(target.isa.clone(), default_libcall_names());
    builder.memory_provider(Box::new(ArenaMemoryProvider::new_with_size(room).map_err(|e| memory(&e))?));
    for import in Import::all() {
        builder.symbol(import.name(), address(import));
    }
    let call_conv = target.isa.default_call_conv();
    let mut owner = Freed(Some(JITModule::new(builder)));
    let Some(module) = &mut owner.0 else { return Err(CodegenError::Memory("no module".into())) };
    let mut ids = Vec::new();
    for (i, unit) in units.units.iter().enumerate() {
        let name = format!("f{i}");
        let id = module.declare_function(&name, Linkage::Local, &unit.function.signature);
        ids.push(id.map_err(|e| memory(&e))?);
    }
    for import in Import::all() {
        let signature = import.signature(call_conv);
        module.declare_function(import.name(), Linkage::Import, &signature).map_err(|e| memory(&e))?;
    }
    for (id, machine) in ids.iter().zip(machines) {
        module
            .define_function_bytes(*id, machine.align, &machine.bytes, &machine.relocs)
            .map_err(|e| memory(&e))?;
    }
    module.finalize_definitions().map_err(|e| memory(&e))?;
    let Some(&run) = ids.last() else { return Err(CodegenError::Memory("no functions".into())) };
    let address = module.get_finalized_function(run);
    // SAFETY: `unit` built this function with one pointer-sized parameter and result in the platform's C convention.
    let run = unsafe { std::mem::transmute::<*const u8, RunFn>(address) };
    Ok(Code { module: Mutex::new(owner.0.take()), run })
}

/// Where this process has a function.
fn address(import: Import) -> *const u8 {
    match import {
        Import::Library(symbol) => host::function(symbol) as *const u8,
        Import::Barrier => barrier::barrier as *const u8,
        Import::Clock => clock::read as *const u8,
        Import::Rest => host::rest as *const u8,
        Import::Coin => host::coin as *const u8,
    }
}

/// Frees a module that was not handed on.
struct Freed(Option<JITModule>);

impl Drop for Freed {
    fn drop(&mut self) {
        if let Some(module) = self.0.take() {
            // SAFETY: no address in it has left `place`.
            unsafe { module.free_memory() };
        }
    }
}

/// Machine code of every function, in order; two at a time, since functions do not depend on each other. The largest is begun first, so that
/// neither thread waits long for the other (Graham 1969).
fn compile_all(units: &[Unit], target: &Target) -> Result<Vec<Machine>, CodegenError> {
    let next = AtomicUsize::new(0);
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|i| Reverse(units[*i].function.dfg.num_insts()));
    let work = || {
        let mut done = Vec::new();
        let mut context = Context::new();
        let mut control = ControlPlane::default();
        loop {
            let Some(&i) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { return done };
            let unit = &units[i];
            let machine = guarded(&unit.name, || {
                context.clear();
                context.func = unit.function.clone();
                machine(&mut context, &mut control, &*target.isa, &unit.name, i)
            });
            done.push((i, machine));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let other = (units.len() > 2).then(|| scope.spawn(work));
        let mut all = work();
        all.extend(other.and_then(|o| o.join().ok()).into_iter().flatten());
        all
    });
    all.sort_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, m)| m).collect()
}

fn machine(
    context: &mut Context,
    control: &mut ControlPlane,
    isa: &dyn TargetIsa,
    name: &str,
    number: usize,
) -> Result<Machine, CodegenError> {
    context.compile(isa, control).map_err(|e| backend(name, e.func, e.inner))?;
    let Some(code) = context.compiled_code() else {
        return Err(CodegenError::Backend { function: name.into(), reason: "no code".into() });
    };
    let align = u64::from(code.buffer.alignment)
        .max(u64::from(isa.function_alignment().minimum))
        .max(isa.symbol_alignment());
    let bytes = code.code_buffer().to_vec();
    let id = FuncId::from_u32(number as u32);
    if let Some(libcall) = code.buffer.relocs().iter().find_map(|r| match &r.target {
        FinalizedRelocTarget::ExternalName(cranelift_codegen::ir::ExternalName::LibCall(l)) => Some(*l),
        _ => None,
    }) {
        let reason = format!("the processor has no instruction for {libcall}");
        return Err(CodegenError::Backend { function: name.into(), reason });
    }
    let relocs =
        code.buffer.relocs().iter().map(|r| ModuleReloc::from_mach_reloc(r, &context.func, id)).collect();
    Ok(Machine { bytes, align, relocs })
}

fn backend(name: &str, func: &Function, error: cranelift_codegen::CodegenError) -> CodegenError {
    CodegenError::Backend { function: name.into(), reason: pretty_error(func, error) }
}

/// Cranelift states some of its limits by panicking.
pub(super) fn guarded<T>(name: &str, f: impl FnOnce() -> Result<T, CodegenError>) -> Result<T, CodegenError> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_string()))
            .unwrap_or_else(|| "panic".into());
        Err(CodegenError::Backend { function: name.into(), reason })
    })
}

/// The text of every function, before compilation or as instructions of the machine.
pub(super) fn text(units: &Units, target: &Target, machine_code: bool) -> Result<String, CodegenError> {
    let mut out = String::new();
    for (i, unit) in units.units.iter().enumerate() {
        out.push_str(&format!("; u0:{i} = {}", unit.name));
        for also in unit.serves.iter().skip(1) {
            out.push_str(&format!(", {also}"));
        }
        out.push('\n');
        if machine_code {
            let mut context = Context::for_function(unit.function.clone());
            context.set_disasm(true);
            let code = context.compile(&*target.isa, &mut ControlPlane::default());
            let code = code.map_err(|e| backend(&unit.name, e.func, e.inner))?;
            out.push_str(code.vcode.as_deref().unwrap_or_default());
        } else {
            out.push_str(&unit.function.display().to_string());
        }
        out.push('\n');
    }
    for (i, import) in Import::all().enumerate() {
        out.push_str(&format!("; u0:{} = {}\n", units.imports() + i, import.name()));
    }
    Ok(out)
}
