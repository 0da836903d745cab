//! Attention and encoder blocks against PyTorch's modules with the same weights: results, and gradients of parameters and (through a dense layer in
//! front) of inputs. `tests/golden/attention.py` makes the figures.

mod golden;

use golden::Case;
use serde_json::Value as Json;

#[test]
fn attention_agrees_with_pytorch() {
    let golden: Json = serde_json::from_str(include_str!("golden/attention.json")).expect("JSON");
    let rows = golden["rows"].as_u64().expect("rows") as usize;
    let cases = golden["cases"].as_array().expect("cases");
    assert!(cases.len() >= 11);
    for json in cases {
        let [steps, width] = ["steps", "width"].map(|name| json[name].as_u64().expect("a number") as usize);
        let layer = json["layer"].as_str().expect("layers");
        let join = if layer.starts_with('\n') { "" } else { " -> " };
        let series = json["lengths"].is_array();
        let shape = if series {
            String::new()
        } else {
            format!("reshape {steps}x{width}, roles=[time, channel] -> ")
        };
        let net = format!("{shape}dense {width}{join}{layer}");
        let net = if layer.ends_with('\n') { format!("{net}  identity") } else { net };
        let dims = if series { vec![steps, width] } else { vec![steps * width] };
        let case = Case::of(json, rows, &dims, &net);
        // The file has nine digits, and what divides a mean has 24 bits; softmax and norms carry those of the weights on.
        case.check(&case.interpreted(), 1e-6, "interpreter");
        for threads in [1, 2, 3] {
            case.check(&case.native(threads), 1e-5, "native code");
        }
    }
}
