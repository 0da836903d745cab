use crate::support::Folder;

#[test]
fn units_that_a_row_saw() {
    let net = "\
data {
  source builtin, \"iris\"
  split test=20%
  batch 30
}
net {
  input x: real[4]
  dense 8 -> relu -> dropout 0.5
  dense 3
  output species: class[3]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.05
  epochs 2
}
";
    let folder = Folder::new(&[("m.net", net)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let mut text = folder.run(&["subnet", "run", "--row", "3", "--sample", "7"]);
    text += &folder.run(&["subnet", "run", "--row", "3", "--sample", "8"]);
    text += &folder.run(&["subnet", "run", "--row", "3", "--sample", "7", "--seed", "1", "--json"]);
    text += &folder.run(&["subnet", "run", "--epoch", "1", "--position", "90"]);
    text += &folder.run(&["subnet", "run", "--row", "3"]);
    text += &folder.run(&["subnet", "run"]);
    insta::assert_snapshot!(text);
}
