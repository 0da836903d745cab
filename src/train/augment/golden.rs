//! What statements compute against torchvision, for fixed parameters: from tests/golden/augment.py.

use serde_json::Value;

use super::{
    Fill, Map, Size,
    colors::Colors,
    moves::{View, moved},
    picture::{Picture, Pixels, Rect},
    resample::resized,
    rotate::turned,
    shear::leant,
    tests::FACTS,
    zoom::scaled,
};

struct Golden {
    size: Size,
    channels: usize,
    data: Vec<u8>,
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().expect("a text");
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal")).collect()
}

fn size(value: &Value) -> Size {
    [0, 1].map(|i| value[i].as_u64().expect("a side") as usize)
}

/// How far a result may be from torchvision's: the distance, and for which share of places.
fn tolerance(op: &str) -> (u8, f64) {
    match op {
        "flip" | "crop" | "posterize" | "solarize" | "invert" | "equalize" | "erase" => (0, 1.0),
        "rotate" | "zoom" | "shear" | "resized_crop" => (2, 0.999),
        _ => (1, 1.0),
    }
}

/// The picture after an operation.
fn result(op: &str, args: &[f64], from: &Golden, to: Size) -> Vec<u8> {
    let (size, channels) = (from.size, from.channels);
    let facts = FACTS(channels);
    let mut data = from.data.clone();
    let map = |map: Map, fill: Fill| {
        let mut into = vec![0; map.size[0] * map.size[1] * channels];
        moved(View { data: &from.data, size, channels }, &map, fill, &facts, &mut into);
        into
    };
    let mut colored = |change: &dyn Fn(&mut Colors<'_>)| {
        let pixels = Pixels::Bytes(&mut data);
        Picture { size, channels, pixels, facts: &facts }.colored(|colors| change(colors));
        data.clone()
    };
    let whole = |i: usize| args[i] as usize;
    let factor = args.first().copied().unwrap_or(0.0) as f32;
    match op {
        "flip horizontal" => {
            map(Map { x: [0.0, -1.0, size[1] as f64 - 1.0], ..Map::same(size) }, Fill::Black)
        }
        "flip vertical" => map(Map { y: [-1.0, 0.0, size[0] as f64 - 1.0], ..Map::same(size) }, Fill::Black),
        "crop black" | "crop edge" | "crop reflect" => {
            let fill = Fill::named(&op["crop ".len()..]);
            map(Map::window(to, args[1] - args[0], args[2] - args[0]), fill)
        }
        "rotate" => map(turned(size, args[0]), Fill::Black),
        "zoom" => map(scaled(size, args[0]), Fill::Black),
        "shear" => map(leant(size, args[0]), Fill::Black),
        "shear zoom rotate translate" => {
            let steps = [
                leant(size, args[0]),
                scaled(size, args[1]),
                turned(size, args[2]),
                Map::window(size, -args[3], -args[4]),
            ];
            map(steps.iter().fold(Map::same(size), |before, next| next.after(&before)), Fill::Black)
        }
        "resized_crop" => {
            let window = Rect { top: whole(0), left: whole(1), height: whole(2), width: whole(3) };
            let mut into = vec![0; to[0] * to[1] * channels];
            resized(View { data: &from.data, size, channels }, window, to, &mut into);
            into
        }
        "erase" => {
            let rect = Rect { top: whole(0), left: whole(1), height: whole(2), width: whole(3) };
            let pixels = Pixels::Bytes(&mut data);
            Picture { size, channels, pixels, facts: &facts }.fill(rect, |_| args[4] as f32);
            data
        }
        "posterize" => colored(&|colors| colors.posterize(args[0] as u32)),
        "solarize" => colored(&|colors| colors.solarize(factor)),
        "invert" => colored(&|colors| colors.invert()),
        "equalize" => colored(&|colors| colors.equalize()),
        "autocontrast" => colored(&|colors| colors.autocontrast()),
        "brightness" => colored(&|colors| colors.brightness(factor)),
        "contrast" => colored(&|colors| colors.contrast(factor)),
        "saturation" => colored(&|colors| colors.saturation(factor)),
        "sharpness" => colored(&|colors| colors.sharpness(factor)),
        "grayscale" => colored(&|colors| colors.grayscale()),
        "hue" => colored(&|colors| colors.hue(factor)),
        "blur" => colored(&|colors| colors.blur(args[0], args[1] as usize)),
        other => panic!("an operation that nobody knows: {other}"),
    }
}

#[test]
fn statements_agree_with_torchvision() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/augment.json");
    let golden: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the file")).expect("json");
    let picture = |name: &str| {
        let of = &golden["pictures"][name];
        Golden {
            size: size(&of["size"]),
            channels: of["channels"].as_u64().expect("channels") as usize,
            data: bytes(&of["data"]),
        }
    };
    let cases = golden["cases"].as_array().expect("cases");
    let mut wrong = Vec::new();
    for case in cases {
        let op = case["op"].as_str().expect("an operation");
        let args: Vec<f64> =
            case["args"].as_array().expect("numbers").iter().filter_map(Value::as_f64).collect();
        let name = case["picture"].as_str().expect("a name");
        let (expected, to) = (bytes(&case["result"]), size(&case["size"]));
        let found = result(op, &args, &picture(name), to);
        assert_eq!(found.len(), expected.len(), "{op}");
        let (most, share) = tolerance(op.split(' ').next().unwrap_or(op));
        let near = found.iter().zip(&expected).filter(|(a, b)| a.abs_diff(**b) <= most).count();
        let off = found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
        if (near as f64) < share * found.len() as f64 {
            wrong.push(format!(
                "{op} {args:?} of {name}: {near} of {} within {most}, worst {off:?}",
                found.len()
            ));
        }
    }
    assert!(
        cases.len() > 150 && wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
