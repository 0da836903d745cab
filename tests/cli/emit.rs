use crate::support::{FAULTY, Folder};

const SMALL: &str = "\
net {
  input x: real[4]
  dense 8 -> relu -> dropout 0.5
  dense 3
  output y: class[3]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
}
";

fn emit(args: &[&str]) -> String {
    Folder::new(&[("m.net", SMALL)]).run(&[&["emit", "m.net", "--stage"], args].concat())
}

#[test]
fn a_stage_is_told_as_data() {
    let folder = Folder::new(&[("m.net", SMALL)]);
    let told = folder.json(&["emit", "m.net", "--stage", "loops", "--json"]);
    assert_eq!((told["stage"].as_str(), told["file"].as_str()), (Some("loops"), Some("m.net")));
    let text = told["text"].as_str().expect("a text");
    assert!(folder.run(&["emit", "m.net", "--stage", "loops"]).contains(text), "{text}");
}

#[test]
fn the_first_stages_are_readable() {
    insta::assert_snapshot!(emit(&["ast"]) + &emit(&["model"]) + &emit(&["graph", "--mode", "eval"]));
}

#[test]
fn loops_fuse_bias_relu_and_dropout_and_store_no_mask() {
    let loops = emit(&["loops"]);
    assert!(loops.lines().nth(2).is_some_and(|line| line.starts_with("buffer ")), "{loops}");
    let kernels: Vec<&str> = loops.lines().filter(|line| line.starts_with("kernel ")).collect();
    assert!(kernels.iter().any(|line| line.contains("keep_mask")), "{loops}");
    for buffer in loops.lines().filter(|line| line.starts_with("buffer ")) {
        assert!(!buffer.contains("= keep_mask"), "{buffer}");
    }
}

/// The program of one of several processes: whose rows a kernel has is no matter of its text, what is exchanged and shared out is.
#[test]
fn the_program_of_several_processes_is_shown() {
    let data = "data {\n  source moons\n  batch 64, blocks=4\n}\n";
    let net = SMALL
        .replace("real[4]", "real[2]")
        .replace("dense 8", "dense 300 -> relu -> dense 600")
        .replace("class[3]", "class[2]")
        .replace("dense 3\n", "dense 2\n");
    let folder = Folder::new(&[("m.net", &format!("{data}{net}")), ("one.net", SMALL)]);
    let text = folder.run(&["emit", "m.net", "--stage", "loops", "--ranks", "2"]);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("rank")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(folder.run(&["emit", "m.net", "--stage", "asm", "--ranks", "4"]).ends_with("--- exit 0\n"));
    let refused = [
        folder.run(&["emit", "m.net", "--stage", "graph", "--ranks", "2"]),
        folder.run(&["emit", "m.net", "--stage", "loops", "--ranks", "3"]),
        folder.run(&["emit", "one.net", "--stage", "loops", "--ranks", "2"]),
    ];
    insta::assert_snapshot!(refused.join("\n"));
}

#[test]
fn every_stage_of_every_mode_has_text() {
    for stage in ["ast", "model"] {
        let text = emit(&[stage]);
        assert!(text.ends_with("--- exit 0\n") && text.lines().count() > 5, "{stage}: {text}");
    }
    for stage in ["graph", "loops", "clif", "asm"] {
        for mode in ["train", "eval", "mc"] {
            let text = emit(&[stage, "--mode", mode]);
            assert!(text.ends_with("--- exit 0\n") && text.lines().count() > 5, "{stage} {mode}: {text}");
        }
    }
    assert!(emit(&["grad"]).contains("backward:"));
}

#[test]
fn the_same_text_every_time() {
    assert_eq!(emit(&["loops"]), emit(&["loops"]));
    assert_eq!(emit(&["clif"]), emit(&["clif"]));
}

#[test]
fn what_does_not_exist_is_said() {
    let folder = Folder::new(&[
        ("m.net", FAULTY),
        ("n.net", "net {\n  input x: real[4]\n  dense 2\n  output y: real[2]\n}\n"),
    ]);
    let all = folder.run(&["emit", "--stage", "ast", "m.net"])
        + &folder.run(&["emit", "--stage", "loops", "n.net", "--mode", "train"])
        + &folder.run(&["emit", "--stage", "grad", "n.net"]);
    insta::assert_snapshot!(all);
}
