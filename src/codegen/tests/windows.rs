//! Convolutions and pools with their derivatives: the graph's interpreter in f64, the loops' interpreter, and native code for any number of
//! threads. Odd extents, uneven borders, and what each kernel divides its work by.

use super::products::check_rows;
use crate::graph::{Builder, DType, Dim, Geometry, Op, Reduction, Slide, ValueId, differentiate};
use crate::loops::calls::conv::Side;
use crate::loops::{Call, Kernel, Program, fuse};

const B: Dim = Dim::Batch;
const ROWS: &[usize] = &[1, 3, 18];

fn c(n: usize) -> Dim {
    Dim::Const(n)
}

/// Windows of `size` over neighbouring axes from `first` on: extents, then stride, dilation and border of all of them.
fn windows(
    first: usize,
    extents: &[(usize, usize)],
    (stride, dilation, before, after): (usize, usize, usize, usize),
) -> Geometry {
    let slide = |(i, (len, size)): (usize, &(usize, usize))| Slide {
        axis: first + i,
        len: *len,
        size: *size,
        stride,
        dilation,
        before,
        after,
    };
    Geometry { axes: extents.iter().enumerate().map(slide).collect() }
}

fn conv(b: &mut Builder, x: ValueId, w: ValueId, geometry: &Geometry) -> ValueId {
    let windows = b.windows(x, geometry, 0.0);
    let over: Vec<(usize, usize)> = (geometry.taps()..).zip(0..=geometry.axes.len()).collect();
    b.contract(windows, w, &[], &over)
}

/// A convolution of maps of these extents, and its derivatives.
fn check(rows: &[usize], geometry: &Geometry, outer: &[usize], channels: usize, filters: usize, what: &str) {
    let outer = outer.iter().map(|n| c(*n));
    let lens = geometry.axes.iter().map(|s| c(s.len));
    let x: Vec<Dim> = [B].into_iter().chain(outer).chain(lens).chain([c(channels)]).collect();
    let w: Vec<Dim> = geometry.sizes().into_iter().chain([channels, filters]).map(c).collect();
    check_rows(rows, &[x, w], |b, x| conv(b, x[0], x[1], geometry), what);
}

#[test]
fn convolutions_of_every_geometry() {
    for (stride, dilation, before, after) in
        [(1, 1, 0, 0), (1, 1, 1, 1), (2, 1, 0, 1), (3, 1, 1, 0), (1, 2, 2, 2), (2, 3, 3, 0)]
    {
        let of = (stride, dilation, before, after);
        check(ROWS, &windows(1, &[(7, 3), (9, 2)], of), &[], 3, 5, &format!("{of:?}"));
        check(ROWS, &windows(1, &[(8, 3)], of), &[], 2, 4, &format!("series, {of:?}"));
    }
    check(ROWS, &windows(2, &[(5, 3), (4, 3)], (1, 1, 1, 1)), &[3], 2, 3, "several maps a row");
}

/// Rows of a matrix, single channels and filters, windows as large as the map.
#[test]
fn convolutions_at_the_edge() {
    check(ROWS, &windows(1, &[(6, 6), (5, 5)], (1, 1, 0, 0)), &[], 2, 3, "one window");
    check(ROWS, &windows(1, &[(28, 5), (28, 5)], (1, 1, 0, 0)), &[], 1, 1, "one channel, one filter");
    check(ROWS, &windows(1, &[(6, 1), (7, 1)], (2, 1, 0, 0)), &[], 19, 17, "every second place");
    check(ROWS, &windows(1, &[(6, 1), (7, 1)], (1, 1, 0, 0)), &[], 19, 17, "a product");
    check(ROWS, &windows(1, &[(3, 3), (3, 3)], (1, 1, 2, 2)), &[], 33, 40, "more border than map");
}

/// Patches too long for the scratch are taken in runs of taps; weights too many for partials are cut by taps and columns.
#[test]
fn convolutions_of_many_channels() {
    check(&[1, 3], &windows(1, &[(4, 5), (3, 5)], (1, 1, 2, 2)), &[], 210, 3, "runs of taps");
    check(&[2], &windows(1, &[(2, 2), (2, 2)], (1, 1, 1, 0)), &[], 400, 170, "weights by taps and columns");
}

/// Tiles of 2x2 results: odd maps, whose last tiles are cut; borders of each size; several pictures a block and blocks a picture; channels and
/// filters that vectors of 16 leave a rest of.
#[test]
fn convolutions_in_tiles() {
    for ((rows, cols), (before, after), channels, filters) in [
        ((7, 9), (1, 1), 16, 24),
        ((8, 8), (0, 0), 24, 16),
        ((6, 5), (2, 0), 40, 16),
        ((4, 4), (1, 1), 16, 40),
        ((10, 12), (2, 2), 16, 16),
    ] {
        let geometry = windows(1, &[(rows, 3), (cols, 3)], (1, 1, before, after));
        check(
            &[1, 3],
            &geometry,
            &[],
            channels,
            filters,
            &format!("{rows} by {cols}, border {before} and {after}"),
        );
    }
    check(ROWS, &windows(2, &[(5, 3), (6, 3)], (1, 1, 1, 1)), &[3], 16, 16, "several maps a row");
    check(&[18], &windows(1, &[(3, 3), (4, 3)], (1, 1, 1, 1)), &[], 16, 16, "several pictures a block");
    check(&[1], &windows(1, &[(3, 3), (3, 3)], (1, 1, 1, 1)), &[], 200, 152, "weights by panels");
}

/// Channels that are zeros in some rows and not in others, as dropout of whole channels leaves them, are left out of a row's tiles.
#[test]
fn channels_of_zeros_are_left_out_of_tiles() {
    let geometry = windows(1, &[(6, 3), (7, 3)], (1, 1, 1, 1));
    let dropped = |b: &mut Builder, of: &[ValueId]| {
        let coins = b.relu(of[1]);
        let coins = b.broadcast_like(coins, of[0], &[0, 3]);
        let x = b.mul(of[0], coins);
        conv(b, x, of[2], &geometry)
    };
    for channels in [24, 40] {
        let x = vec![B, c(6), c(7), c(channels)];
        let sources = [x, vec![B, c(channels)], vec![c(3), c(3), c(channels), c(16)]];
        check_rows(&[1, 9], &sources, dropped, &format!("{channels} channels"));
    }
}

/// The runs of a grouped convolution read and write channels of the maps where they lie.
#[test]
fn groups_are_channels_of_the_maps() {
    let geometry = windows(1, &[(5, 3), (7, 3)], (2, 1, 1, 1));
    let x = vec![B, c(5), c(7), c(6)];
    let w = vec![c(3), c(3), c(2), c(12)];
    let grouped = |b: &mut Builder, of: &[ValueId]| {
        let part = |b: &mut Builder, group: usize| {
            let (x, w) = (b.slice(of[0], 3, 2 * group, 2), b.slice(of[1], 3, 4 * group, 4));
            conv(b, x, w, &geometry)
        };
        let parts: Vec<ValueId> = (0..3).map(|group| part(b, group)).collect();
        b.concat(&parts, 3)
    };
    check_rows(ROWS, &[x, w], grouped, "three groups");
}

fn depthwise(b: &mut Builder, x: ValueId, w: ValueId, geometry: &Geometry) -> ValueId {
    let windows = b.windows(x, geometry, 0.0);
    let w = b.along_last(w, windows);
    let products = b.mul(windows, w);
    b.sum(products, &geometry.tap_axes())
}

/// Runs of channels of every length, windows that reach into the border on all sides or lie apart, more taps than registers hold together.
#[test]
fn depthwise_convolutions_of_every_geometry() {
    for (stride, dilation, before, after) in
        [(1, 1, 0, 0), (1, 1, 1, 1), (2, 1, 0, 1), (3, 1, 1, 0), (1, 2, 2, 2), (2, 3, 3, 0)]
    {
        let of = (stride, dilation, before, after);
        for (geometry, channels) in [
            (windows(1, &[(7, 3), (19, 2)], of), 21),
            (windows(1, &[(7, 2), (19, 6)], of), 1),
            (windows(1, &[(5, 3), (17, 5)], of), 7),
            (windows(1, &[(17, 4)], of), 35),
        ] {
            if geometry.counts().contains(&0) {
                continue;
            }
            let lens = geometry.axes.iter().map(|s| c(s.len));
            let x: Vec<Dim> = [B].into_iter().chain(lens).chain([c(channels)]).collect();
            let w: Vec<Dim> = geometry.sizes().into_iter().chain([channels]).map(c).collect();
            check_rows(
                ROWS,
                &[x, w],
                |b, x| depthwise(b, x[0], x[1], &geometry),
                &format!("{of:?}, {channels}"),
            );
        }
    }
}

/// Three kernels, and nothing in memory but maps and weights.
#[test]
fn depthwise_convolutions_write_no_windows_down() {
    let mut b = Builder::new();
    let slot = b.declare_input("x", DType::F32, &[12, 12, 16]);
    let (v, w) = (b.param("v", &[16]), b.param("w", &[3, 3, 16]));
    let x = b.input(slot, false);
    let x = b.add_bias(x, v);
    let maps = depthwise(&mut b, x, w, &windows(1, &[(12, 3), (12, 3)], (1, 1, 1, 1)));
    let squares = b.square(maps);
    let loss = b.mean(squares, &[0, 1, 2, 3]);
    b.metric("loss", loss);
    for (param, gradient) in [v, w].into_iter().zip(differentiate(&mut b, loss, &[v, w])) {
        let new = b.add(param, gradient.expect("a gradient"));
        b.store(param, new);
    }
    let graph = crate::graph::simplify(&b.finish(), crate::graph::Passes::ALL);
    let program = fuse(&graph).expect("kernels");
    let sides = program.kernels.iter().filter_map(|kernel| match kernel {
        Kernel::Call { call: Call::Depthwise(conv), .. } => Some(conv.side),
        _ => None,
    });
    assert_eq!(sides.collect::<Vec<_>>(), [Side::Forward, Side::Inputs, Side::Weights]);
    let rows = program.buffers.iter().filter(|b| b.is_batched()).map(crate::loops::Buffer::row_len);
    assert_eq!(rows.max(), Some(12 * 12 * 16));
}

#[test]
fn pools_of_every_geometry() {
    for (stride, dilation, before, after) in
        [(1, 1, 0, 0), (2, 1, 0, 0), (3, 1, 0, 0), (2, 1, 1, 1), (1, 2, 0, 2), (3, 2, 2, 1)]
    {
        let of = (stride, dilation, before, after);
        for (geometry, channels) in [
            (windows(1, &[(7, 3), (9, 2)], of), 21),
            (windows(1, &[(5, 2), (6, 2)], of), 1),
            (windows(1, &[(8, 3)], of), 4),
        ] {
            let lens = geometry.axes.iter().map(|s| c(s.len));
            let x: Vec<Dim> = [B].into_iter().chain(lens).chain([c(channels)]).collect();
            let taps = geometry.tap_axes();
            let max = |b: &mut Builder, x: &[ValueId]| {
                let windows = b.windows(x[0], &geometry, f32::NEG_INFINITY);
                b.first_over(windows, &taps)
            };
            check_rows(ROWS, std::slice::from_ref(&x), max, &format!("maxima, {of:?}, {channels}"));
            let sum = |b: &mut Builder, x: &[ValueId]| {
                let windows = b.windows(x[0], &geometry, 0.0);
                b.sum(windows, &taps)
            };
            check_rows(ROWS, &[x], sum, &format!("sums, {of:?}, {channels}"));
        }
    }
}

/// Maps and windows down to one cell, along one axis, both or all.
#[test]
fn pools_of_small_maps() {
    let axis = |lens: &[usize]| -> Vec<(usize, usize)> {
        lens.iter().flat_map(|len| (1..=*len).map(|size| (*len, size))).collect()
    };
    for rows in axis(&[1, 3]) {
        let of_two = axis(&[1, 2]).into_iter().map(|cols| vec![rows, cols]);
        for extents in of_two.chain([vec![rows]]) {
            for (stride, channels) in [(1, 1), (1, 3), (2, 3)] {
                let geometry = windows(1, &extents, (stride, 1, 0, 0));
                let lens = extents.iter().map(|(len, _)| c(*len));
                let x: Vec<Dim> = [B].into_iter().chain(lens).chain([c(channels)]).collect();
                for (reduction, pad) in [
                    (Reduction::First, f32::NEG_INFINITY),
                    (Reduction::Max, f32::NEG_INFINITY),
                    (Reduction::Sum, 0.0),
                ] {
                    let pool = |b: &mut Builder, x: &[ValueId]| {
                        let windows = b.windows(x[0], &geometry, pad);
                        b.push(Op::Reduce { reduction, axes: geometry.tap_axes() }, &[windows])
                    };
                    let what = format!("{reduction:?} of {extents:?} by {stride}, {channels}");
                    check_rows(&[1, 3], std::slice::from_ref(&x), pool, &what);
                }
            }
        }
    }
}

/// A product reads what is written down as windows of one cell, or as windows of such windows.
#[test]
fn products_of_every_second_cell() {
    let once = windows(1, &[(9, 1)], (2, 1, 0, 0));
    let again = windows(1, &[(5, 1)], (3, 1, 0, 0));
    let pool = |b: &mut Builder, x: ValueId, geometry: &Geometry| {
        let windows = b.windows(x, geometry, f32::NEG_INFINITY);
        b.first_over(windows, &geometry.tap_axes())
    };
    for (geometries, left) in [(vec![&once], 5), (vec![&once, &again], 2)] {
        let dense = |b: &mut Builder, x: &[ValueId]| {
            let squares = b.square(x[0]);
            let cells = geometries.iter().fold(squares, |v, geometry| pool(b, v, geometry));
            let cells = b.flatten(cells);
            b.contract(cells, x[1], &[], &[(1, 0)])
        };
        let sources = [vec![B, c(9), c(3)], vec![c(left * 3), c(4)]];
        check_rows(ROWS, &sources, dense, &format!("{left} cells"));
    }
}

/// Numbers of which many are equal, as behind `relu`: the first of the largest has the gradient, by every executor.
#[test]
fn of_equal_maxima_the_first_has_the_gradient() {
    for of in [(2, 1, 0, 0), (2, 1, 1, 1)] {
        let geometry = windows(1, &[(6, 3), (7, 3)], of);
        let pool = |b: &mut Builder, x: &[ValueId]| {
            let x = b.relu(x[0]);
            let windows = b.windows(x, &geometry, f32::NEG_INFINITY);
            let top = b.first_over(windows, &geometry.tap_axes());
            // What the gradient is times does not vanish where the maximum is 0.
            b.offset(top, 1.0)
        };
        check_rows(ROWS, &[vec![B, c(6), c(7), c(5)]], pool, &format!("{of:?}"));
    }
}

/// What is the same for all windows is written down as the windows' gradient.
#[test]
fn a_pool_in_front_of_a_mean() {
    let geometry = windows(1, &[(6, 2), (6, 2)], (2, 1, 0, 0));
    let pool = |b: &mut Builder, x: &[ValueId]| {
        let windows = b.windows(x[0], &geometry, f32::NEG_INFINITY);
        let top = b.first_over(windows, &geometry.tap_axes());
        b.mean(top, &[1, 2])
    };
    check_rows(ROWS, &[vec![B, c(6), c(6), c(5)]], pool, "maxima, then their mean");
}

/// Windows that nothing looks through are written down.
#[test]
fn windows_as_they_are() {
    for of in [(1, 1, 0, 0), (2, 1, 1, 0), (1, 2, 0, 1)] {
        let geometry = windows(1, &[(5, 2), (4, 3)], of);
        let plain = |b: &mut Builder, x: &[ValueId]| b.windows(x[0], &geometry, 0.0);
        check_rows(ROWS, &[vec![B, c(5), c(4), c(3)]], plain, &format!("windows, {of:?}"));
        let squares = |b: &mut Builder, x: &[ValueId]| {
            let windows = b.windows(x[0], &geometry, 0.0);
            let squares = b.square(windows);
            b.overlap(squares, &geometry)
        };
        check_rows(ROWS, &[vec![B, c(5), c(4), c(3)]], squares, &format!("squares, {of:?}"));
    }
}

/// A training step of a convolution behind another, with bias and `relu`, and its pool.
fn step() -> Program {
    let mut b = Builder::new();
    let slot = b.declare_input("x", DType::F32, &[12, 12, 3]);
    let x = b.input(slot, false);
    let (v, w, bias) = (b.param("v", &[3, 3, 3, 8]), b.param("w", &[3, 3, 8, 16]), b.param("bias", &[8]));
    let around = windows(1, &[(12, 3), (12, 3)], (1, 1, 1, 1));
    let first = conv(&mut b, x, v, &around);
    let first = b.add_bias(first, bias);
    let first = b.relu(first);
    let second = conv(&mut b, first, w, &around);
    let pool = windows(1, &[(12, 2), (12, 2)], (2, 1, 0, 0));
    let tops = b.windows(second, &pool, f32::NEG_INFINITY);
    let tops = b.first_over(tops, &pool.tap_axes());
    let squares = b.square(tops);
    let loss = b.mean(squares, &[0, 1, 2, 3]);
    b.metric("loss", loss);
    let params = [v, w, bias];
    for (param, gradient) in params.into_iter().zip(differentiate(&mut b, loss, &params)) {
        let step = b.scale(gradient.expect("a gradient"), -0.1);
        let new = b.add(param, step);
        b.store(param, new);
    }
    let graph = crate::graph::simplify(&b.finish(), crate::graph::Passes::ALL);
    fuse(&graph).expect("kernels")
}

/// No buffer has an axis of windows, each convolution is three kernels but the first, whose input wants no gradient.
#[test]
fn windows_are_never_in_memory() {
    let program = step();
    let sides: Vec<Side> = program
        .kernels
        .iter()
        .filter_map(|kernel| match kernel {
            Kernel::Call { call: Call::Conv(conv), .. } => Some(conv.side),
            _ => None,
        })
        .collect();
    assert_eq!(sides, [Side::Forward, Side::Forward, Side::Inputs, Side::Weights, Side::Weights]);
    for buffer in program.buffers.iter().filter(|b| b.is_batched()) {
        assert!(buffer.row_len() <= 12 * 12 * 16, "{} holds windows", buffer.name);
    }
    assert!(!program.kernels.iter().any(|k| matches!(k, Kernel::Call { call: Call::Unfold(_), .. })));
}
