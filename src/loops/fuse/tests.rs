//! What fusion decides, one decision a case: a net and the kernels that the decision shapes.
//!
//! A case is one snapshot: why, the net, the list of its kernels, and the bodies of those whose names are asked for.

use crate::check::{Env, check_source};
use crate::graph::{Builder, DType, Graph, Mode, Phase, Sink, differentiate};
use crate::loops::{fuse, print};
use crate::lower::{lower_predict, lower_train};

#[derive(Clone, Copy)]
enum Function {
    Train,
    /// Predictions, with dropout as in training.
    Sample,
}

use Function::{Sample, Train};

fn graph(source: &str, function: Function) -> Graph {
    let checked = check_source(source, &Env::default());
    let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?} in\n{source}");
    let model = checked.model.expect("a net without errors has a model");
    match function {
        Train => lower_train(&model).graph,
        Sample => lower_predict(&model, Mode::Mc).graph,
    }
}

/// The list of kernels, and the bodies of kernels whose name holds one of `wanted`.
fn excerpt(loops: &str, wanted: &[&str]) -> String {
    let mut paragraphs = loops.split("\n\n");
    let lists = paragraphs.next().unwrap_or_default();
    let kernels: Vec<&str> = lists.lines().filter(|l| l.starts_with("kernel ")).collect();
    let mut text = kernels.join("\n");
    for word in wanted {
        assert!(loops.contains(word), "no kernel is called {word}:\n{loops}");
    }
    for body in paragraphs {
        let name = body.lines().next().unwrap_or_default();
        if wanted.iter().any(|w| name.contains(w)) {
            text = format!("{}\n\n{}", text.trim_end(), body.trim_end());
        }
    }
    text
}

/// Compares the case `name` with its snapshot.
fn case(name: &str, why: &str, function: Function, wanted: &[&str], source: &str) {
    let lines: Vec<&str> = source.trim_matches('\n').lines().collect();
    let indent = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min();
    let net: Vec<&str> =
        lines.iter().map(|l| l.get(indent.unwrap_or(0)..).unwrap_or("").trim_end()).collect();
    compare(name, why, net.join("\n").trim_end(), wanted, &graph(source, function));
}

/// The same for a graph that no layer makes.
fn graph_case(name: &str, why: &str, wanted: &[&str], graph: &Graph) {
    compare(name, why, graph.to_string().trim_end(), wanted, graph);
}

fn compare(name: &str, why: &str, what: &str, wanted: &[&str], graph: &Graph) {
    let loops = excerpt(&print(&fuse(graph).expect("kernels"), graph), wanted);
    let text = format!("{why}\n\n{what}\n\n{loops}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("fuse__{name}"), text);
    });
}

#[test]
fn what_all_steps_of_a_row_drop_is_left_out() {
    let why = "One mask for all steps: products of the masked value, forward and in the gradient of the weights, and the one whose result is read through the mask leave its columns out.";
    case(
        "thinned",
        why,
        Train,
        &["product.gemm", "weight).gemm", "input_grad.gemm"],
        "
        net {
          input x: real[80]
          reshape 4x20, roles=[time, channel]
          dense 24 -> dropout 0.5, share=time -> dense 40
          flatten -> dense 2
          output y: real[2]
        }
        train { loss squared_error
                optimizer sgd, lr=0.1
                epochs 1 }
        ",
    );
}

/// What rows lack behind their ends does not hide what their steps lack.
#[test]
fn rows_with_lengths_leave_as_much_out() {
    let left_out = |input: &str| {
        let body =
            "dense 24 -> dropout 0.5, share=time -> dense 40 -> lstm 16, dropout=0.5, output=last -> dense 2";
        let train = "train {\n  loss squared_error\n  optimizer sgd, lr=0.1\n  epochs 1\n}";
        let source = format!("net {{\n  {input}\n  {body}\n  output y: real[2]\n}}\n{train}\n");
        let graph = graph(&source, Train);
        print(&fuse(&graph).expect("kernels"), &graph).matches(": thinned contract").count()
    };
    let plain = left_out("input x: real[80]\n  reshape 4x20, roles=[time, channel]");
    assert_eq!((plain, left_out("input x: series[4, 20]")), (5, 5));
}

#[test]
fn a_step_of_time_is_two_kernels_on_rows_of_its_own() {
    let why = "A loop over time: the product with the packed matrix and the gates, forward; backward the gates, and the product that hands on. Masks for all steps are drawn in each, \
               nothing stores them; what is stacked and made by a product is written where it is stacked.";
    case(
        "over_time",
        why,
        Train,
        &["loop"],
        "
        net {
          input x: real[6, 3]
          rnn 8, recurrent_dropout=0.5 -> last
          dense 2
          output y: class[2]
        }
        train {
          loss cross_entropy
          optimizer sgd, lr=0.1
          epochs 1
        }
        ",
    );
}

#[test]
fn what_is_cheap_is_computed_twice() {
    let why = "The sum with the bias is one addition: the kernels of the forward and of the backward pass both make it, from the product.";
    case(
        "recompute",
        why,
        Train,
        &["forward", "backward"],
        "
        net {
          input x: real[3]
          dense 8 -> leaky_relu
          dense 2, bias=false
          output y: real[2]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn what_is_dear_is_stored() {
    let why = "The error function of the forward pass is wanted again by the derivative: it is stored by the kernel that computes it.";
    case(
        "store",
        why,
        Train,
        &["gelu"],
        "
        net {
          input x: real[3]
          dense 8 -> gelu
          dense 2, bias=false
          output y: real[2]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn updates_are_made_in_place() {
    let why = "A parameter and its moment are written where they were read, both after all that reads the old values.";
    case(
        "in_place",
        why,
        Train,
        &["update(dense_1.weight)"],
        "
        net {
          input x: real[3]
          dense 2, bias=false
          output y: real[2]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1, momentum=0.9
          epochs 1
        }",
    );
}

#[test]
fn a_vector_is_hoisted_out_of_the_rows() {
    let why = "The factor of each column, a square root and a division, is computed once, not for every row.";
    case(
        "hoisted",
        why,
        Sample,
        &["batch_norm_1"],
        "
        net {
          input x: real[6]
          batch_norm
          output y: real[6]
        }",
    );
}

#[test]
fn columns_are_cut_at_the_seam_of_a_concatenation() {
    let why = "The parts stand side by side in the result: each is stored at its own offset, and no loop tests which part a column is of.";
    case(
        "seam",
        why,
        Sample,
        &["concat_1"],
        "
        net {
          input x: real[6]
          a: tanh
          b: from x -> relu
          concat a, b
          output y: real[12]
        }",
    );
}

#[test]
fn a_softmax_is_three_passes() {
    let why = "The maximum, the sum of exponentials, the quotient: each stage waits for a reduction over the columns of the same row.";
    case(
        "stages",
        why,
        Sample,
        &["softmax_1"],
        "
        net {
          input x: real[6]
          softmax
          output y: real[6]
        }",
    );
}

#[test]
fn a_row_loss_ends_in_partials_and_a_total() {
    let why = "The label picks a column, the row's loss stays in the row, each shard leaves one sum, the tree adds the shards.";
    case(
        "loss",
        why,
        Train,
        &["loss", "total"],
        "
        net {
          input x: real[3]
          dense 4, bias=false
          output y: class[4]
        }
        train {
          loss cross_entropy
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn a_deferred_update_writes_over_the_parameter() {
    let why = "The step before the limit on the norm of columns lies in the parameter's own memory, until all columns' norms are known.";
    case(
        "deferred",
        why,
        Train,
        &["dense_1.weight.update_3", "update(dense_1.weight)"],
        "
        net {
          input x: real[3]
          dense 8, max_norm=2, bias=false -> relu
          dense 1, bias=false
          output y: real[1]
        }
        train {
          loss squared_error
          optimizer adam, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn an_update_that_waits_for_all_gradients() {
    let why = "The norm of all gradients together is known before the first parameter changes.";
    case(
        "clip",
        why,
        Train,
        &["update(", "clip"],
        "
        net {
          input x: real[3]
          dense 2
          output y: real[2]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1, clip_norm=1
          epochs 1
        }",
    );
}

#[test]
fn moments_of_a_minibatch_are_partials_of_shards() {
    let why = "The mean, then the second moment around it: each a row of partials a shard, combined in the fixed tree before the next kernel.";
    case(
        "moments",
        why,
        Train,
        &["batch_norm_1"],
        "
        net {
          input x: real[4]
          dense 6, bias=false -> batch_norm -> relu
          dense 1, bias=false
          output y: real[1]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn a_mask_is_drawn_again_in_the_backward_pass() {
    let why = "No buffer holds a mask: the kernel of the derivative draws it from the same row key.";
    case(
        "drawn_again",
        why,
        Train,
        &["dropout_1"],
        "
        net {
          input x: real[3]
          dense 8 -> tanh -> dropout 0.5
          dense 1, bias=false
          output y: real[1]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn behind_a_relu_the_sign_says_what_was_kept() {
    let why = "An output above 0 was active and kept, any other was not: the derivative reads it and draws nothing.";
    case(
        "kept_by_sign",
        why,
        Train,
        &["dropout_1"],
        "
        net {
          input x: real[3]
          dense 8 -> relu -> dropout 0.5
          dense 1, bias=false
          output y: real[1]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn rows_of_the_data_are_gathered_once() {
    let why = "The minibatch's rows lie all over the data: one kernel brings them together for the product and for its derivative.";
    case(
        "gather",
        why,
        Train,
        &["x.forward", "gemm"],
        "
        net {
          input x: real[3]
          dense 1, bias=false
          output y: real[1]
        }
        train {
          loss squared_error
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn one_mask_for_all_rows_of_a_step() {
    let why = "With `share=batch` the key counts updates and no rows: it is made once a call.";
    case(
        "share_batch",
        why,
        Sample,
        &["dropout_1"],
        "
        net {
          input x: real[20]
          dropout 0.5, share=batch
          output y: real[20]
        }",
    );
}

#[test]
fn a_branch_that_a_coin_drops() {
    let why = "One coin drops the branch for all rows: kernels that serve it alone are left out then, and who reads what they leave selects.";
    case(
        "drop_path",
        why,
        Train,
        &["residual_1+residual_1/drop_path_1", "update(residual_1/drop_path_1/dense_1.weight)"],
        "
        net {
          input x: real[8]
          dense 8
          residual {
            drop_path 0.5, share=batch { dense 8 }
          }
          output y: class[8]
        }
        train {
          loss cross_entropy
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn shared_axes_have_one_coin() {
    let why = "Places of the map share the coins of its channels: a unit's number does not count them.";
    case(
        "share_space",
        why,
        Sample,
        &["dropout_1"],
        "
        net {
          input x: real[64]
          reshape 2x2x16, roles=[height, width, channel]
          dropout 0.5, share=space -> flatten
          output y: real[64]
        }",
    );
}

#[test]
fn mixup_gathers_two_rows() {
    let why = "The partner's row is read through its own order, and both meet in the gathering kernel.";
    case(
        "mixup",
        why,
        Train,
        &["x.forward"],
        "
        augment {
          mixup alpha=0.2
        }
        net {
          input x: real[3]
          dense 4
          output y: class[4]
        }
        train {
          loss cross_entropy
          optimizer sgd, lr=0.1
          epochs 1
        }",
    );
}

#[test]
fn a_reduction_in_the_middle_keeps_the_columns_behind_it() {
    let mut b = Builder::new();
    b.declare_input("x", DType::F32, &[3, 4]);
    let x = b.input(0, false);
    let sum = b.sum(x, &[1]);
    b.sink(Sink::Output, sum);
    let why =
        "The sum runs over an axis with columns behind it: windows of the row are added column by column.";
    graph_case("middle", why, &["reduce"], &b.finish());
}

/// The mean of a map of 32 x 32 places and 64 channels as a kernel of its own, and its derivative: a place of the map gets its share.
#[test]
fn the_mean_of_a_map_is_a_fold_over_its_places() {
    let mut b = Builder::new();
    b.declare_input("x", DType::F32, &[32, 32, 64]);
    let x = b.input(0, false);
    let gain = b.param("gain", &[64]);
    let scaled = b.along_last(gain, x);
    let scaled = b.with_origin("scale", |b| b.mul(x, scaled));
    let pooled = b.with_origin("pool", |b| b.mean(scaled, &[1, 2]));
    b.sink(Sink::Output, pooled);
    let squares = b.with_origin("loss", |b| b.square(pooled));
    let loss = b.with_origin("loss", |b| b.mean(squares, &[0, 1]));
    let gradient = differentiate(&mut b, loss, &[gain])[0].unwrap_or(gain);
    b.with_phase(Phase::Update, |b| b.store(gain, gradient));
    let why = "A row's channels are columns and its places are taps; the derivative stands still along the places, whose partial sums are a shard's.";
    graph_case("pooling", why, &["pool", "scale"], &b.finish());
}

/// No net is lowered to it: predictions are rows of the batch.
#[test]
fn a_graph_without_kernels_is_an_error_that_names_the_operation() {
    let mut b = Builder::new();
    let table = b.param("table", &[3]);
    let powers = b.with_origin("tower", |b| b.exp(table));
    b.sink(Sink::Output, powers);
    let unfused = fuse(&b.finish()).expect_err("an output without rows");
    assert_eq!(unfused.to_string(), "`exp` of `tower`: no loop over rows and columns computes it");
}
