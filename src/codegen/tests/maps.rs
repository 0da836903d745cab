//! Nests: maps with inner axes, folds over taps, operands that stand still along some axes. Graphs that no layer makes yet, on the graph's
//! interpreter, the loops' interpreter and native code.

use super::rig::{Pass, THREADS, same, tame};
use crate::codegen::{Options, Text, compile, text};
use crate::graph::interpret::{Bindings, Tensor, interpret};
use crate::graph::{Address, Builder, DType, Dim, Graph, Op, Phase, Reduction, Sink, ValueId, differentiate};
use crate::loops::interpret::Number;
use crate::loops::{Kernel, fuse};

const B: Dim = Dim::Batch;

fn c(n: usize) -> Dim {
    Dim::Const(n)
}

/// A graph of an input of these dims, whose output `build` makes.
fn graph(dims: &[usize], build: impl FnOnce(&mut Builder, ValueId) -> ValueId) -> Graph {
    let mut b = Builder::new();
    b.declare_input("x", DType::F32, dims);
    let x = b.input(0, false);
    let y = build(&mut b, x);
    b.sink(Sink::Output, y);
    b.finish()
}

fn pass(graph: &Graph, rows: usize) -> Pass {
    let width =
        |sink: &Sink| graph.sinks.iter().find(|(s, _)| s == sink).map_or(0, |(_, v)| graph.ty(*v).row_len());
    let mut pass = Pass::new(rows, rows).output(width(&Sink::Output));
    pass.host.inputs.extend(graph.inputs.iter().map(|x| tame(rows * x.ty.row_len(), 3)));
    pass.host.params = graph.params.iter().map(|p| tame(p.dims.iter().product(), 5)).collect();
    pass.host.totals = vec![0.0; graph.metrics.len()];
    pass.scalars = graph
        .scalars
        .iter()
        .map(|s| match s.dtype {
            DType::I32 => Number::I32(20_000),
            _ => Number::F32(1.0 / rows as f32),
        })
        .collect();
    pass.streams = (0..graph.sites.len() as u64).map(crate::draws::mix64).collect();
    pass
}

/// What the graph's interpreter says the outputs of `pass` are, and the parameters after it.
fn meant(graph: &Graph, pass: &Pass) -> (Vec<f32>, Vec<Vec<f32>>) {
    let gather = |(x, array): (&Vec<f32>, &crate::graph::Array)| {
        let n = array.ty.row_len();
        let rows = pass.order.iter().flat_map(|r| x[*r as usize * n..][..n].iter().copied());
        let dims = array.ty.dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { pass.rows });
        Tensor::<f32>::real(&dims.collect::<Vec<_>>(), rows.collect())
    };
    let words: Vec<u32> = pass
        .scalars
        .iter()
        .map(|s| match s {
            Number::F32(x) => x.to_bits(),
            Number::I32(x) => x.cast_unsigned(),
        })
        .collect();
    let mut bindings = Bindings {
        rows: pass.rows,
        inputs: pass.host.inputs.iter().zip(&graph.inputs).map(gather).collect(),
        params: pass
            .host
            .params
            .iter()
            .zip(&graph.params)
            .map(|(x, p)| Tensor::real(&p.dims, x.clone()))
            .collect(),
        streams: pass.streams.clone(),
        positions: (0..pass.rows as u64).collect(),
        update: pass.update,
        fma: true,
        ..Bindings::default()
    };
    bindings.bind_scalar_words(graph, &words);
    let values = interpret(graph, &bindings).expect("everything is bound");
    let of = |sink| values.sink(sink).map(|t| t.reals().to_vec());
    let params = (0..graph.params.len()).map(|i| {
        of(Sink::Param(crate::graph::ParamId(i as u32))).unwrap_or_else(|| pass.host.params[i].clone())
    });
    (of(Sink::Output).unwrap_or_default(), params.collect())
}

fn close(actual: &[f32], expected: &[f32], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1.0_f32, |m, x| m.max(x.abs()));
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!((a - e).abs() <= 2e-5 * largest, "{what}: element {i} is {a} instead of {e}");
    }
}

/// All three agree: the two that run loops by bits, for any number of threads.
fn agree(what: &str, graph: &Graph) {
    crate::graph::verify(graph).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    let program = fuse(graph).expect("kernels");
    let compiled = compile(&program, &Options::default()).unwrap_or_else(|e| panic!("{what}: {e}"));
    for rows in [1, 5, 67] {
        let start = pass(graph, rows);
        let mut slow = start.clone();
        slow.interpret(&program, true);
        for threads in THREADS {
            let mut native = start.clone();
            native.run(&compiled, threads);
            same(&native.host, &slow.host, &format!("{what}, {rows} rows, {threads} threads"));
        }
        let (output, params) = meant(graph, &start);
        close(&slow.host.output, &output, &format!("{what}, {rows} rows"));
        for (a, e) in slow.host.params.iter().zip(&params) {
            close(a, e, &format!("{what}, {rows} rows, parameter"));
        }
    }
}

/// A step of training: channels are scaled and kept where positive, the map is averaged, the squares of the averages are the loss.
fn pooling(height: usize, width: usize, channels: usize) -> Graph {
    let mut b = Builder::new();
    b.declare_input("x", DType::F32, &[height, width, channels]);
    let x = b.input(0, false);
    let gain = b.param("gain", &[channels]);
    let scaled = b.along_last(gain, x);
    let scaled = b.mul(x, scaled);
    let kept = b.relu(scaled);
    let pooled = b.with_origin("pool", |b| b.mean(kept, &[1, 2]));
    b.sink(Sink::Output, pooled);
    let squares = b.square(pooled);
    let loss = b.mean(squares, &[0, 1]);
    let gradients = differentiate(&mut b, loss, &[gain]);
    b.with_phase(Phase::Update, |b| {
        let step = b.scale(gradients[0].expect("the loss depends on the gain"), 0.1);
        let next = b.sub(gain, step);
        b.store(gain, next);
    });
    b.finish()
}

#[test]
fn the_mean_of_a_map_and_its_derivative() {
    for (height, width, channels) in [(4, 4, 3), (5, 7, 8), (9, 3, 20)] {
        agree(&format!("{height} x {width} x {channels}"), &pooling(height, width, channels));
    }
}

#[test]
fn code_does_not_grow_with_the_map() {
    let instructions = |height, width| {
        let program = fuse(&pooling(height, width, 64)).expect("kernels");
        let clif = text(&program, &Options::default(), Text::Clif).expect("text");
        let loops = program.kernels.iter().filter(|k| matches!(k, Kernel::Loop(_))).count();
        (loops, clif.lines().filter(|l| l.starts_with("    ")).count())
    };
    let small = instructions(16, 16);
    assert_eq!(instructions(32, 32), small);
    assert_eq!(instructions(24, 52), small);
    assert!(small.1 < 2000, "{small:?}");
}

#[test]
fn operands_that_stand_still_along_axes() {
    let per = |dims: &'static [usize], axes: &'static [usize]| {
        graph(&[4, 5, 6], move |b, x| {
            let w = b.param("w", dims);
            let all = b.dims(x);
            let w = b.broadcast(w, &all, axes);
            let y = b.mul(x, w);
            b.tanh(y)
        })
    };
    agree("channel", &per(&[6], &[3]));
    agree("width", &per(&[5], &[2]));
    agree("height", &per(&[4], &[1]));
    agree("height and channel", &per(&[4, 6], &[1, 3]));
    agree("height and width", &per(&[4, 5], &[1, 2]));
    agree("width and channel", &per(&[5, 6], &[2, 3]));
    for axes in [vec![1], vec![2], vec![3], vec![1, 2], vec![1, 3], vec![2, 3]] {
        for reduction in [Reduction::Sum, Reduction::Max] {
            // What is left of the map, spread over the map again.
            let g = graph(&[9, 10, 11], |b, x| {
                let less = b.push(Op::Reduce { reduction, axes: axes.clone() }, &[x]);
                let kept: Vec<usize> = (0..4).filter(|a| !axes.contains(a)).collect();
                let all = b.dims(x);
                let less = b.tanh(less);
                let less = b.broadcast(less, &all, &kept);
                b.sub(x, less)
            });
            agree(&format!("{reduction:?} over {axes:?}"), &g);
        }
    }
}

#[test]
fn moves_of_elements() {
    agree("transpose", &graph(&[3, 4, 5], |b, x| b.transpose(x, &[0, 2, 1, 3])));
    agree("columns too", &graph(&[3, 4, 5], |b, x| b.transpose(x, &[0, 3, 1, 2])));
    let g = graph(&[3, 4, 5], |b, x| {
        let y = b.transpose(x, &[0, 2, 1, 3]);
        let y = b.tanh(y);
        b.reshape(y, &[B, c(12), c(5)])
    });
    agree("transpose and more", &g);
    agree(
        "slice of the middle",
        &graph(&[6, 7, 5], |b, x| {
            let y = b.slice(x, 2, 2, 3);
            b.sigmoid(y)
        }),
    );
    agree("slice of the first", &graph(&[6, 7, 5], |b, x| b.slice(x, 1, 1, 4)));
    for axis in [1, 2, 3] {
        agree(
            &format!("pad of {axis}"),
            &graph(&[6, 7, 5], |b, x| b.push(Op::Pad { axis, before: 1, after: 2 }, &[x])),
        );
        agree(
            &format!("concat along {axis}"),
            &graph(&[6, 7, 5], |b, x| {
                let (y, z) = (b.tanh(x), b.slice(x, axis, 1, 3));
                b.concat(&[x, z, y], axis)
            }),
        );
    }
}

#[test]
fn sums_of_what_stands_still() {
    let g = graph(&[40, 3, 4], |b, x| {
        let w = b.param("w", &[40, 4]);
        let all = b.dims(x);
        let w = b.broadcast(w, &all, &[1, 3]);
        let y = b.mul(x, w);
        b.sum(y, &[1, 2, 3])
    });
    agree("a row of a map with a broadcast", &g);
    let g = graph(&[12, 10, 4], |b, x| {
        let y = b.sum(x, &[1, 3]);
        b.sum(y, &[1])
    });
    agree("sums of sums", &g);
}

#[test]
fn coins_that_axes_share() {
    for shared in 0..8_usize {
        let shared: Vec<bool> = (0..3).map(|axis| shared >> axis & 1 == 1).collect();
        for address in [Address::Row, Address::Update] {
            let g = graph(&[3, 4, 8], |b, x| {
                let site = b.site("drop", address);
                let key = b.row_key(site);
                let q = b.threshold("q");
                let mut mask = b.keep_mask(key, q, &[3, 4, 8], &shared);
                let mut noise = b.noise(key, &[3, 4, 8], &shared);
                if address == Address::Update {
                    let all = b.dims(x);
                    mask = b.broadcast(mask, &all, &[1, 2, 3]);
                    noise = b.broadcast(noise, &all, &[1, 2, 3]);
                }
                let y = b.mul(x, mask);
                b.add(y, noise)
            });
            agree(&format!("{shared:?} by {address:?}"), &g);
        }
    }
}
