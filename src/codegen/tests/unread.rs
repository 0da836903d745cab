//! Gradients of maps that are read through a mask of whole channels: what the mask drops is left out, and no bit of what is read changes.

use super::blocks::MAP;
use super::nets::{pass, step};
use super::rig::{Pass, same};
use crate::codegen::{Options, Status, compile};
use crate::graph::Graph;
use crate::loops::interpret::Number;
use crate::loops::{Call, Kernel, Program};

/// The convolutions that leave channels out, counted; none does afterwards.
fn made_whole(program: &mut Program) -> usize {
    let masks = program.kernels.iter_mut().filter_map(|kernel| match kernel {
        Kernel::Call { call: Call::Conv(conv), .. } => conv.read.take(),
        _ => None,
    });
    masks.count()
}

fn finished(program: &Program, graph: &Graph, q: i32) -> Pass {
    let mut pass = pass(graph, 46, 23);
    for (scalar, number) in graph.scalars.iter().zip(&mut pass.scalars) {
        if scalar.name.ends_with(".q") {
            *number = Number::I32(q);
        }
    }
    let compiled = compile(program, &Options::default()).expect("compiles");
    assert_eq!(pass.run(&compiled, 2), Status::Done);
    pass
}

#[test]
fn channels_that_are_dropped_are_left_out_of_gradients() {
    let wide = "dense 2048 -> reshape 8x8x32, roles=[height, width, channel]";
    for (layers, masked) in [
        (
            format!(
                "{wide} -> conv 24, 3x3 -> relu -> dropout 0.5, share=space -> conv 16, 3x3 -> max_pool 2x2 -> flatten"
            ),
            1,
        ),
        (format!("{wide} -> max_pool 2x2 -> dropout 0.5, share=space -> conv 40, 3x3 -> flatten"), 1),
        (
            format!(
                "{wide} -> batch_norm -> dropout 0.5, share=[space, batch] -> conv 16, 3x3 -> relu -> flatten"
            ),
            1,
        ),
        (format!("{wide} -> residual {{ dropout 0.5, share=space -> conv 32, 3x3 }} -> flatten"), 1),
        // Dropped by place; none in tiles.
        (format!("{wide} -> dropout 0.5 -> conv 16, 3x3 -> flatten"), 0),
        (format!("{MAP} -> dropout 0.5, share=space -> conv 12, 3x3 -> flatten"), 0),
    ] {
        let (program, graph) = step(&layers, "sgd, lr=0.1, momentum=0.9", 23);
        let mut whole = program.clone();
        assert_eq!(made_whole(&mut whole), masked, "{layers}");
        for q in [0, 10_000, 32_768, 60_000, 65_535] {
            let own = finished(&program, &graph, q);
            same(&own.host, &finished(&whole, &graph, q).host, &format!("{layers}, {q}"));
        }
    }
}
