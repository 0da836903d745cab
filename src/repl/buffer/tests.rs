use super::*;

fn entered(entries: &[&str]) -> Buffer {
    let mut buffer = Buffer::default();
    for entry in entries {
        if let Err(refused) = buffer.enter(entry, &Env::default()) {
            panic!("{entry}: {:#?}\n{}", refused.diagnostics, buffer.text());
        }
    }
    buffer
}

const MOONS: &[&str] = &[
    "input x: real[2]",
    "dense 16 -> relu",
    "dense 2",
    "output y: class[2]",
    "source moons, rows=200, noise=0.2",
    "batch 32",
    "optimizer adam, lr=1e-2",
    "loss cross_entropy",
    "epochs 5",
];

#[test]
fn a_file_grows_line_by_line() {
    let buffer = entered(MOONS);
    insta::assert_snapshot!(buffer.text());
    let (checked, lacking) = buffer.check(&Env::default());
    let mut buffer = buffer;
    buffer.enter("epochs 7  # a week", &Env::default()).expect("a sound line");
    assert!(buffer.text().contains("  epochs 7  # a week\n"), "{}", buffer.text());
    assert!(checked.model.is_some() && lacking.is_empty() && checked.diagnostics.is_empty());
}

#[test]
fn each_piece_goes_to_its_place() {
    let mut buffer = entered(MOONS);
    // A name that nothing declares yet.
    assert!(buffer.enter("dropout p", &Env::default()).is_err());
    for entry in [
        "param p = 0.3",
        "dropout p\ndense 2 -> dense 2",
        "param p = 0.5",
        "optimizer sgd, lr=0.1",
        "mc_dropout samples=20",
        "net2: dense 2",
        "net2: dense 2 -> tanh -> dense 2",
    ] {
        buffer
            .enter(entry, &Env::default())
            .unwrap_or_else(|refused| panic!("{entry}: {:#?}", refused.diagnostics));
    }
    insta::assert_snapshot!(buffer.text());
}

#[test]
fn what_is_wrong_is_refused_in_its_own_place() {
    let mut buffer = entered(MOONS);
    let before = buffer.clone();
    let refused = buffer.enter("dense 16 -> relo", &Env::default()).err().expect("an unknown layer");
    assert_eq!((refused.text.as_str(), refused.diagnostics[0].code), ("dense 16 -> relo", "E0203"));
    assert_eq!(&refused.text[refused.diagnostics[0].span.start..], "relo");
    assert_eq!(buffer, before);
    // The fault is elsewhere: the place is in the whole text.
    let refused = buffer.enter("input x: real[3, 3]", &Env::default()).err();
    let refused = refused.expect("the first layer wants a vector");
    assert!(refused.text.contains("input x: real[3, 3]\n  dense 16"), "{}", refused.text);
    assert_eq!(buffer, before);
}

#[test]
fn lines_are_edited_by_number() {
    let mut buffer = entered(MOONS);
    let env = Env::default();
    let line = |buffer: &Buffer, what: &str| {
        buffer.text().lines().position(|l| l.contains(what)).expect("a line") + 1
    };
    buffer.edit(line(&buffer, "dense 2"), "dropout 0.5", false, &env).expect("a sound net");
    buffer.edit(line(&buffer, "dense 16"), "dense 8 -> tanh", true, &env).expect("a sound net");
    assert!(buffer.text().contains("  dense 8 -> tanh\n  dropout 0.5\n  dense 2\n"), "{}", buffer.text());
    buffer.edit(line(&buffer, "dense 8"), "", true, &env).expect("the net does without");
    assert!(!buffer.text().contains("dense 8"));
    let before = buffer.clone();
    assert!(buffer.edit(1000, "dense 2", false, &env).is_err_and(|refused| refused.diagnostics.is_empty()));
    assert!(buffer.edit(line(&buffer, "dense 2"), "dense 3", true, &env).is_err());
    assert_eq!(buffer, before);
}
