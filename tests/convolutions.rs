//! Layers that slide windows, against PyTorch: results, and gradients of parameters and (through a convolution of 1x1 in front) of inputs.
//! `tests/golden/convolutions.py` makes the figures.

mod golden;

use golden::{Case, floats};
use serde_json::Value as Json;

#[test]
fn windows_agree_with_pytorch() {
    let golden: Json = serde_json::from_str(include_str!("golden/convolutions.json")).expect("JSON");
    let rows = golden["rows"].as_u64().expect("rows") as usize;
    let cases = golden["cases"].as_array().expect("cases");
    assert!(cases.len() >= 45);
    for json in cases {
        let dims: Vec<usize> = floats(&json["shape"]).into_iter().map(|n| n as usize).collect();
        let (window, channels) = (if dims.len() == 3 { "1x1" } else { "1" }, dims[dims.len() - 1]);
        let layer = json["layer"].as_str().expect("a layer");
        let case = Case::of(json, rows, &dims, &format!("conv {channels}, {window} -> {layer}"));
        // The file has nine digits, and what divides a mean has 24 bits.
        case.check(&case.interpreted(), 2e-7, "interpreter");
        for threads in [1, 2] {
            case.check(&case.native(threads), 1e-5, "native code");
        }
    }
}
