//! What every layer refuses or warns of, and how it says so.

use crate::check::{Env, check_source};

/// Everything that is found in a net of this chain between `input x: real[4]` and `output y: real[4]`.
fn findings(chain: &str) -> Vec<String> {
    let source = format!(
        "net {{\n  input x: real[4], a: real[3], i: real[2, 2, 1]\n  from x\n  {chain}\n  output y: real[4]\n}}\n"
    );
    let checked = check_source(&source, &Env::default());
    // These nets end with the layer that is looked at.
    let own = checked.diagnostics.into_iter().filter(|d| d.code != "W0102");
    own.map(|d| format!("{} {}", d.code, d.message)).collect()
}

fn refuses(chain: &str, expected: &str) {
    assert_eq!(findings(chain), [expected], "{chain}");
}

#[test]
fn shapes_that_do_not_fit() {
    refuses("from i -> dense 4", "E0301 `dense` expects a vector, found 2x2x1");
    refuses("reshape 2x3", "E0301 `reshape` to 2x3 needs 6 numbers, found 4");
    refuses(
        "reshape 70_000, 70_000, 70_000",
        "E0301 `reshape` to 70000x70000x70000 needs 343000000000000 numbers, found 4",
    );
    refuses("add a", "E0303 `add` needs values of one shape, found 4 and 3");
    refuses("mul a", "E0303 `mul` needs values of one shape, found 4 and 3");
    refuses("residual { dense 3 }", "E0303 `residual` needs values of one shape, found 4 and 3");
    refuses(
        "concat i",
        "E0303 `concat` needs values of equal sizes but for the joined axis, found 4 and 2x2x1",
    );
    refuses(
        "reshape 2x2 -> batch_norm -> flatten",
        "E0204 `batch_norm` of a value with several axes (2x2), none of them channels, is not in this version",
    );
}

#[test]
fn recurrent_layers_say_what_has_no_effect() {
    refuses("lstm 4", "E0301 `lstm` expects steps of channels, found 4");
    refuses("from i -> gru 4", "E0301 `gru` expects steps of channels, found 2x2x1");
    refuses("last", "E0301 `last` expects steps of channels, found 4");
    let steps = "reshape 2x2, roles=[time, channel]";
    refuses(
        &format!("{steps} -> lstm 4, share=none"),
        "E0211 `share` says how masks are shared, and `lstm` has none",
    );
    refuses(
        &format!("{steps} -> gru 4, gates=untied"),
        "E0211 `gates` says how masks are shared, and `gru` has none",
    );
    refuses(&format!("{steps} -> lstm 4, zoneout=0.000001"), "E0206 a rate of 1e-6 drops no unit");
    refuses("bidirectional { dense 2 }", "E0211 `bidirectional` around layers that know no direction");
    refuses(
        &format!("{steps} -> bidirectional {{ gru 2, reverse=true }}"),
        "E0211 `bidirectional` around layers that know no direction",
    );
    refuses(&format!("{steps} -> rnn 2 -> dropout -> last -> dense 4"), "E0209 `dropout` needs a rate here");
}

#[test]
fn arguments_that_do_not_fit() {
    refuses("reshape", "E0201 `reshape` needs `sizes`: the new sizes");
    refuses("reshape 0", "E0206 `sizes` of `reshape` must be at least 1");
    refuses("reshape 2x2, roles=height -> flatten", "E0211 1 roles for 2 axes");
    refuses("reshape 2x2, roles=[width, width] -> flatten", "E0211 two axes are `width`");
    refuses("reshape 2x2, roles=[high, width] -> flatten", "E0215 `roles` of `reshape` cannot be `high`");
    refuses("concat x, a, axis=channel", "E0302 `axis=channel` on a value without one such axis");
    refuses("leaky_relu slop=1", "E0202 `leaky_relu` has no argument `slop`");
    refuses("leaky_relu true", "E0205 `slope` of `leaky_relu` is a number, found `true`");
    refuses("elu alpha=0", "E0206 `alpha` of `elu` must be > 0");
    refuses("gelu kind=fast", "E0215 `kind` of `gelu` cannot be `fast`");
    refuses("relu 3", "E0210 `relu` takes no unnamed arguments");
    refuses("layer_norm eps=0", "E0206 `eps` of `layer_norm` must be > 0");
    refuses("batch_norm momentum=0", "E0206 `momentum` of `batch_norm` must be in (0, 1]");
    refuses("noise", "E0201 `noise` needs `sd`: standard deviation");
    refuses("noise -1", "E0206 `sd` of `noise` must be >= 0");
    refuses("identity { relu }", "E0213 `identity` takes no block");
}

#[test]
fn dropout_that_cannot_be() {
    refuses("dropout 1", "E0206 `p` of `dropout` must be in [0, 1)");
    refuses("dropout -0.2", "E0206 `p` of `dropout` must be in [0, 1)");
    refuses("dropout 0.999999", "E0206 a rate of 0.999999 drops every unit");
    refuses("dropout keep=0", "E0206 `keep` of `dropout` must be in (0, 1]");
    refuses("dropout 0.5, keep=0.5", "E0211 both `p` and `keep` are given");
    refuses(
        "dropout 0.5, kind=gaussian, scale=test",
        "E0211 `scale=test` belongs to bernoulli dropout; gaussian multipliers need no scaling",
    );
    refuses("dropout 0.5, share=space", "E0302 `share=space` on a value without that axis");
    refuses("dropout 0.5, share=time", "E0302 `share=time` on a value without that axis");
    refuses("dropout 0.5, share=[unit, channel]", "E0302 `share=channel` on a value without that axis");
    refuses(
        "dropout 0.5, share=rows, always=true",
        "E0204 `share=rows` beside `always=true` is not in this version",
    );
    refuses("dropout 0.5, share=spce", "E0215 `share` of `dropout` cannot be `spce`");
    refuses("dropout 0, kind=concrete", "E0206 a rate that is learned cannot begin at 0");
    refuses("residual { dense 4 }\n  dropout", "E0209 `dropout` needs a rate here");
}

#[test]
fn drop_connect_that_cannot_be() {
    refuses("drop_connect 0.5", "E0213 `drop_connect` needs a block of layers");
    refuses("drop_connect { dense 4 }", "E0201 `drop_connect` needs `p`: probability of dropping a weight");
    refuses("drop_connect 1 { dense 4 }", "E0206 `p` of `drop_connect` must be in [0, 1)");
    refuses("drop_connect 0.5 { relu }", "E0211 `drop_connect` around layers without weights");
    refuses("drop_connect 0.5, share=none { dense 4 }", "E0204 a mask a row is not in this version");
    refuses(
        "drop_connect 0.5, on=recurrent { dense 4 }",
        "E0211 `on=recurrent` around layers without recurrent weights",
    );
    refuses(
        "drop_connect 0.5 {\n    drop_connect 0.5 { dense 4 }\n  }",
        "E0211 `drop_connect` inside `drop_connect`",
    );
}

#[test]
fn advice() {
    refuses("dropout 0.9", "W0101 `dropout 0.9` drops 90 of 100 units");
    assert!(findings("dropout keep=0.1").is_empty());
    refuses("dense 4 -> dropout 0.5 -> batch_norm", "W0103 `batch_norm` directly behind dropout");
    refuses("dropout 0.1, kind=alpha", "W0105 `kind=alpha` away from `selu`");
    refuses("dense 4 -> selu -> dropout 0.1, kind=alpha", "W0105 `kind=alpha` away from `selu`");
    assert!(findings("dense 4, init=lecun_normal -> selu -> dropout 0.1, kind=alpha").is_empty());
}

/// A rate that was settled by its place or by `keep` survives the second check by `reuse`.
#[test]
fn reuse_keeps_rates() {
    assert!(findings("d: dropout keep=0.75\n  tanh -> reuse d").is_empty());
    assert!(findings("d: dropout\n  dense 4 -> reuse d").is_empty());
}

#[test]
fn probabilities_are_no_logits() {
    for word in ["softmax", "log_softmax"] {
        let source = format!("net {{\n  input x: real[4]\n  {word}\n  output y: class[4]\n}}\n");
        let checked = check_source(&source, &Env::default());
        assert_eq!(checked.diagnostics[0].code, "E0306", "{word}");
    }
}
