//! Files of PyTorch and Keras against what PyTorch predicts (`tests/golden/load.py`), files of dropnet, and files that do not fit.

use std::{collections::BTreeMap, fs, path::Path};

use safetensors::{Dtype, tensor::TensorView};
use serde_json::Value as Json;

use super::*;
use crate::{
    check::{Env, check_source},
    graph::{
        Mode,
        interpret::{Bindings, Tensor, interpret},
    },
    lower::{lower_predict, lower_train},
    runtime::{checkpoint::Named, store::Store},
};

fn model(layers: &[&str], load: &str) -> Model {
    let source = format!(
        "net {{\n  {}\n}}\ntrain {{\n  {load}\n  loss squared_error\n  optimizer adam, lr=1e-3\n  epochs 1\n}}\n",
        layers.join("\n  ")
    );
    let checked = check_source(&source, &Env::default());
    checked.model.unwrap_or_else(|| panic!("{source}\n{:#?}", checked.diagnostics))
}

fn reals(json: &Json) -> Vec<f64> {
    json.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn sizes(json: &Json) -> Vec<usize> {
    reals(json).into_iter().map(|x| x as usize).collect()
}

/// A file of these tensors, as other libraries write them.
fn write(path: &Path, tensors: &Json) {
    let all: BTreeMap<&String, (Dtype, Vec<usize>, Vec<u8>)> = tensors
        .as_object()
        .expect("tensors")
        .iter()
        .map(|(name, tensor)| {
            let numbers = reals(&tensor["data"]);
            let (dtype, bytes): (_, Vec<u8>) = match tensor["kind"].as_str() {
                Some("torch.int64") => {
                    (Dtype::I64, numbers.iter().flat_map(|x| (*x as i64).to_le_bytes()).collect())
                }
                _ => (Dtype::F32, numbers.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect()),
            };
            (name, (dtype, sizes(&tensor["dims"]), bytes))
        })
        .collect();
    let views = all.iter().map(|(name, (dtype, dims, bytes))| {
        (name.as_str(), TensorView::new(*dtype, dims.clone(), bytes).expect("a tensor"))
    });
    fs::write(path, safetensors::serialize(views, None).expect("a file")).expect("written");
}

/// What the net predicts before it is trained.
fn predicted(model: &Model, case: &Json, rows: usize) -> Vec<f64> {
    let graph = lower_predict(model, Mode::Eval).graph;
    let store = Store::fresh(model, &graph, 7);
    let wide =
        |values: &[f32], dims: &[usize]| Tensor::real(dims, values.iter().map(|x| f64::from(*x)).collect());
    let x = reals(&case["x"]);
    let dims = [&[rows], &sizes(&case["dims"])[..]].concat();
    let inputs = if case["tokens"] == true {
        let tokens = Tensor::ints(&dims, x.iter().map(|x| *x as i32).collect());
        vec![tokens, Tensor::ints(&[rows], vec![dims[1] as i32; rows])]
    } else {
        vec![Tensor::real(&dims, x)]
    };
    let bindings = Bindings {
        rows,
        inputs,
        params: graph
            .params
            .iter()
            .zip(&store.params)
            .map(|(stored, values)| wide(values, &stored.dims))
            .collect(),
        states: graph
            .states
            .iter()
            .zip(&store.states)
            .map(|(stored, values)| wide(values, &stored.dims))
            .collect(),
        positions: (0..rows as u64).collect(),
        ..Bindings::default()
    };
    let values = interpret(&graph, &bindings).expect("the bindings fit the graph");
    let output = values.sinks().find(|(sink, _)| *sink == crate::graph::Sink::Output);
    output.expect("an output").1.reals().to_vec()
}

#[test]
fn nets_of_other_libraries_predict_what_they_did_there() {
    let golden: Json =
        serde_json::from_str(include_str!("../../../../tests/golden/load.json")).expect("JSON");
    let rows = golden["rows"].as_u64().expect("rows") as usize;
    let cases = golden["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 8);
    let folder = tempfile::tempdir().expect("a folder");
    let search = Search::new(folder.path(), folder.path(), None);
    for case in cases {
        let layers: Vec<&str> =
            case["net"].as_array().expect("lines").iter().filter_map(Json::as_str).collect();
        for (library, arguments) in [("torch", "load"), ("keras", "keras_load")] {
            let what = format!("{} of {library}", case["name"]);
            write(&folder.path().join("net.safetensors"), &case[library]);
            let arguments = case[arguments].as_str().filter(|arguments| !arguments.is_empty());
            let more = arguments.map_or(String::new(), |arguments| format!(", {arguments}"));
            let mut model = model(&layers, &format!("load \"net.safetensors\", from={library}{more}"));
            let found = read(&model, &search).unwrap_or_else(|error| panic!("{what}: {error:#?}"));
            assert!(found.warnings.is_empty(), "{what}: {:#?}", found.warnings);
            assert_eq!(found.loaded.len(), 1);
            model.given = found.given;
            let expected = reals(&case["y"]);
            let given = predicted(&model, case, rows);
            assert_eq!(given.len(), expected.len(), "{what}");
            let worst = given.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-5, "{what}: {worst}");
        }
    }
}

const NET: &[&str] = &[
    "input x: real[4, 4, 2]",
    "stem: conv 3, 3x3",
    "bn: batch_norm",
    "relu -> flatten",
    "head: dense 2",
    "output y: real[2]",
];

/// Tensors of PyTorch for it, as far as `keep` lets them through.
fn tensors(edit: impl FnOnce(&mut serde_json::Map<String, Json>)) -> Json {
    let tensor = |dims: &[usize]| {
        let data = vec![0.25; dims.iter().product()];
        serde_json::json!({ "dims": dims, "data": data })
    };
    let mut all = serde_json::Map::new();
    for (name, dims) in [
        ("stem.weight", &[3, 2, 3, 3][..]),
        ("stem.bias", &[3]),
        ("bn.weight", &[3]),
        ("bn.bias", &[3]),
        ("bn.running_mean", &[3]),
        ("bn.running_var", &[3]),
        ("head.weight", &[2, 48]),
        ("head.bias", &[2]),
    ] {
        all.insert(name.into(), tensor(dims));
    }
    edit(&mut all);
    Json::Object(all)
}

/// What is said of a file.
fn said(layers: &[&str], load: &str, file: &Json) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("f"), file);
    let search = Search::new(folder.path(), folder.path(), None);
    let diagnostics = match read(&model(layers, load), &search) {
        Ok(found) => found.warnings,
        Err(OpenError::Net(found)) => found,
        Err(other) => return vec![other.to_string()],
    };
    let told = |d: Diagnostic| {
        let more = d.notes.iter().map(ToString::to_string);
        [
            vec![format!("{} {}", d.code, d.message)],
            more.collect(),
            d.fixes.iter().map(|fix| fix.message.clone()).collect(),
        ]
        .concat()
        .join(" | ")
    };
    diagnostics.into_iter().map(told).collect()
}

#[test]
fn files_that_do_not_fit_are_told() {
    let found = said(NET, "load \"f\", from=torch", &tensors(|_| {}));
    assert!(found.is_empty(), "{found:#?}");
    let mut told = Vec::new();
    let mut tell = |what: &str, layers: &[&str], load: &str, file: Json| {
        told.push(format!("{what}: {load}\n  {}", said(layers, load, &file).join("\n  ")));
    };
    let changed = |name: &'static str, dims: &'static [usize]| {
        tensors(move |all| {
            let data = vec![0.5; dims.iter().product()];
            all.insert(name.into(), serde_json::json!({ "dims": dims, "data": data }));
        })
    };
    let renamed = |from: &'static str, to: &'static str| {
        tensors(move |all| {
            let known: Vec<String> = all.keys().filter(|name| name.starts_with(from)).cloned().collect();
            for name in known {
                let tensor = all.remove(&name).expect("a tensor");
                all.insert(format!("{to}{}", &name[from.len()..]), tensor);
            }
        })
    };
    tell("another name", NET, "load \"f\", from=torch", renamed("head.", "heads."));
    tell(
        "its name said",
        NET,
        "load \"f\", from=torch, into=head, names=[heads]",
        renamed("head.", "heads."),
    );
    tell("others left out", NET, "load \"f\", from=torch, into=[stem, bn]", renamed("head.", "classifier."));
    tell("something in front", NET, "load \"f\", from=torch", renamed("", "module."));
    tell(
        "what stands in front said",
        NET,
        "load \"f\", from=torch, prefix=\"module.\"",
        renamed("", "module."),
    );
    tell("nothing there", NET, "load \"f\", from=torch", Json::Object(serde_json::Map::new()));
    tell("another library", NET, "load \"f\"", tensors(|_| {}));
    tell("another library", NET, "load \"f\", from=keras", tensors(|_| {}));
    tell("other sizes", NET, "load \"f\", from=torch", changed("head.weight", &[10, 48]));
    tell("axes that are turned already", NET, "load \"f\", from=torch", changed("head.weight", &[48, 2]));
    tell("a tensor more", NET, "load \"f\", from=torch", changed("aux.weight", &[1]));
    let unbiased = [
        "input x: real[4, 4, 2]",
        "stem: conv 3, 3x3, bias=false",
        "flatten",
        "head: dense 2",
        "output y: real[2]",
    ];
    tell("a bias more", &unbiased, "load \"f\", from=torch, into=stem", tensors(|_| {}));
    let joined = [
        "input x: real[4, 4, 2], z: real[3]",
        "from x",
        "stem: conv 3, 3x3 -> flatten",
        "all: concat stem, z",
        "head: dense 2",
        "output y: real[2]",
    ];
    tell("an order that nobody knows", &joined, "load \"f\", from=torch", tensors(|_| {}));
    let made = [
        "input x: real[4]",
        "head: dense 16",
        "reshape 2x2x4",
        "stem: conv 1, 1x1",
        "flatten",
        "output y: real[4]",
    ];
    tell("maps of units", &made, "load \"f\", from=torch, into=head", tensors(|_| {}));
    insta::assert_snapshot!(told.join("\n\n"));
}

/// The layers of a recurrent module stand under one name in PyTorch, each with its number.
#[test]
fn layers_of_one_module_are_told_by_their_numbers() {
    let layers = [
        "input x: real[5, 2]",
        "low: bidirectional { gru 3 }",
        "high: bidirectional { gru 2, output=last }",
        "output y: real[4]",
    ];
    let mut all = serde_json::Map::new();
    for (layer, inputs, width) in [(0, 2, 3), (1, 6, 2)] {
        for (way, suffix) in [(0, ""), (1, "_reverse")] {
            let dims = [("weight_ih", inputs), ("weight_hh", width), ("bias_ih", 0), ("bias_hh", 0)];
            for (kind, (stem, of)) in dims.into_iter().enumerate() {
                let dims = if of == 0 { vec![3 * width] } else { vec![3 * width, of] };
                let mark = 100 * layer + 10 * way + kind;
                let data = vec![mark as f64; dims.iter().product()];
                let name = format!("rnn.{stem}_l{layer}{suffix}");
                all.insert(name, serde_json::json!({ "dims": dims, "data": data }));
            }
        }
    }
    let file = Json::Object(all);
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("f"), &file);
    let search = Search::new(folder.path(), folder.path(), None);
    let model = model(&layers, "load \"f\", from=torch, into=[low, high], names=[rnn, rnn_l1]");
    let found = read(&model, &search).unwrap_or_else(|error| panic!("{error:#?}"));
    assert!(found.warnings.is_empty(), "{:#?}", found.warnings);
    let marks: BTreeMap<&str, f32> = found
        .given
        .iter()
        .filter_map(|given| match given {
            Given::Param { param, numbers } => Some((model.params[param.0].name.as_str(), numbers[0])),
            Given::State { .. } | Given::Vectors { .. } => None,
        })
        .collect();
    assert_eq!(marks.len(), 16);
    for (name, mark) in marks {
        let layer = if name.starts_with("high") { 100.0 } else { 0.0 };
        let way = if name.contains("backward") { 10.0 } else { 0.0 };
        let kinds = ["input_weight", "recurrent_weight", ".bias", "recurrent_bias"];
        let kind = kinds.iter().position(|kind| name.ends_with(kind)).expect("a parameter of a cell");
        assert_eq!(mark, layer + way + kind as f32, "{name}");
    }
    // What is left of the module is told, and so is a layer that it lacks.
    let below = ["input x: real[5, 2]", "rnn: bidirectional { gru 3, output=last }", "output y: real[6]"];
    let told = said(&below, "load \"f\", from=torch", &file).join("\n");
    assert!(told.contains("W0508") && told.contains("`rnn.bias_hh_l1`"), "{told}");
    let lacking = said(&layers, "load \"f\", from=torch, into=high, names=[rnn_l2]", &file).join("\n");
    assert!(lacking.contains("E0566"), "{lacking}");
}

/// Keras has a slope for each number of a map, or shares them along axes.
#[test]
fn slopes_of_keras_stand_where_they_are_shared() {
    let file = |dims: &[usize]| {
        let data: Vec<f64> = (0..dims.iter().product()).map(|i: usize| i as f64).collect();
        serde_json::json!({ "slope/alpha": { "dims": dims, "data": data } })
    };
    for (per, dims) in [("channel", vec![1, 1, 4]), ("layer", vec![1, 1, 1]), ("element", vec![2, 3, 4])] {
        let slope = format!("slope: prelu per={per}");
        let layers = ["input x: real[2, 3, 4]", &slope, "flatten", "output y: real[24]"];
        let keras = "load \"f\", from=keras";
        assert_eq!(said(&layers, keras, &file(&dims)), Vec::<String>::new(), "{per}");
        let other = said(&layers, keras, &file(&[3, 2, 4])).join("\n");
        assert!(other.contains("E0567"), "{per}: {other}");
    }
    let layers = ["input x: real[2, 3, 4]", "slope: prelu per=element", "flatten", "output y: real[24]"];
    let torch = serde_json::json!({ "slope.weight": { "dims": [4], "data": [0.0, 1.0, 2.0, 3.0] } });
    assert!(said(&layers, "load \"f\", from=torch", &torch).join("\n").contains("E0568"));
}

/// A checkpoint of the net with numbers of its own, and its tensors as prediction reads them.
fn checkpointed(source: &str, path: &Path, named: Named) -> Store {
    let model = check_source(source, &Env::default()).model.expect("a sound net");
    let graph = lower_train(&model).graph;
    let mut store = Store::fresh(&model, &graph, 3);
    let mut next = 0.5;
    for tensor in store.params.iter_mut().chain(&mut store.states).chain(&mut store.slots) {
        tensor.iter_mut().for_each(|x| {
            next += 0.125;
            *x = next;
        });
    }
    let meta = crate::run::rig::trained("dense 3").checkpoint.meta;
    Checkpoint::write(path, &graph, &store, &Default::default(), &meta, named).expect("written");
    store.averaged(&graph).unwrap_or(store)
}

#[test]
fn a_checkpoint_begins_a_net_with_the_bits_that_predict() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("run")).expect("a folder");
    let search = Search::new(folder.path(), folder.path(), None);
    let net = "net {\n  input x: real[4, 3]\n  conv 3, 2 -> batch_norm -> lstm 3 -> flatten\n  concat {\n    branch { dropout kind=concrete -> dense 4 }\n    branch { dense 4 }\n  }\n  dense 2\n  output y: real[2]\n}\n";
    let train = |more: &str| {
        format!("{net}train {{\n  {more}\n  loss squared_error\n  optimizer adam, lr=0.1\n  epochs 2\n}}\n")
    };
    for (average, file, named) in [
        ("", "run/last.ckpt", Named::Trained),
        ("average ema, decay=0.9", "run/last.ckpt", Named::Trained),
        ("average ema, decay=0.9", "run/best.ckpt", Named::Average),
    ] {
        let path = folder.path().join(file);
        let expected = checkpointed(&train(average), &path, named);
        let mut model =
            check_source(&train(&format!("load \"{file}\"")), &Env::default()).model.expect("a net");
        let found = read(&model, &search).unwrap_or_else(|error| panic!("{file}: {error:#?}"));
        assert!(found.warnings.is_empty(), "{file}: {:#?}", found.warnings);
        model.given = found.given;
        let fresh = Store::fresh(&model, &lower_predict(&model, Mode::Eval).graph, 99);
        let bits = |store: &Store| -> Vec<u32> {
            store
                .params
                .iter()
                .chain(&store.states)
                .flat_map(|tensor| tensor.iter().map(|x| x.to_bits()))
                .collect()
        };
        assert_eq!(bits(&fresh), bits(&expected), "{average} {file}");
        assert_eq!(told(&model, &search).ok().map(|told| told.loaded), Some(found.loaded));
        let mut bytes = fs::read(&path).expect("bytes");
        *bytes.last_mut().expect("a byte") ^= 1;
        fs::write(&path, bytes).expect("written");
        let harmed = read(&model, &search).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(harmed.contains("E0565") && harmed.contains("the file is damaged"), "{harmed}");
        let other = check_source(&train(&format!("load \"{file}\", from=torch")), &Env::default())
            .model
            .expect("a net");
        assert!(read(&other, &search).is_err());
        fs::remove_file(path).expect("removed");
    }
    let empty = check_source(&train("load \"run\""), &Env::default()).model.expect("a net");
    let refused = read(&empty, &search).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("holds no run that is read"), "{refused}");
}
