//! Tests of native code against the interpreter of loop programs: every instruction, access and reduction, for many extents, batch
//! sizes and thread counts; then what only native code has: threads, leaving a pass, memory, fallbacks, text.

mod accesses;
mod attention;
mod blocks;
mod branches;
mod foretold;
mod instructions;
mod maps;
mod nets;
mod passes;
mod products;
mod ranks;
mod recurrent;
mod reductions;
mod rig;
mod sound;
mod squares;
mod tokens;
mod unread;
mod windows;
