//! Layers that slide windows and recurrent ones, against PyTorch: results, and gradients of parameters and (through a convolution of 1x1 in front) of
//! inputs. `tests/golden/convolutions.py` and `recurrent.py` make the figures.

mod golden;

use golden::{Case, floats};
use serde_json::Value as Json;

/// Holds every case of a file, of which there are `count` at least, against PyTorch's figures; `behind` follows each layer.
fn check_all(golden: &str, count: usize, behind: &str) {
    let golden: Json = serde_json::from_str(golden).expect("JSON");
    let rows = golden["rows"].as_u64().expect("rows") as usize;
    let cases = golden["cases"].as_array().expect("cases");
    assert!(cases.len() >= count);
    for json in cases {
        let dims: Vec<usize> = floats(&json["shape"]).into_iter().map(|n| n as usize).collect();
        let (window, channels) = (if dims.len() == 3 { "1x1" } else { "1" }, dims[dims.len() - 1]);
        let layer = json["layer"].as_str().expect("a layer");
        let case = Case::of(json, rows, &dims, &format!("conv {channels}, {window} -> {layer}{behind}"));
        // The file has nine digits, and what divides a mean has 24 bits.
        case.check(&case.interpreted(), 2e-7, "interpreter");
        for threads in [1, 2] {
            case.check(&case.native(threads), 1e-5, "native code");
        }
    }
}

#[test]
fn windows_agree_with_pytorch() {
    check_all(include_str!("golden/convolutions.json"), 45, "");
}

#[test]
fn recurrent_layers_agree_with_pytorch() {
    check_all(include_str!("golden/recurrent.json"), 10, "");
}
