//! Trains a net from a text, keeps it in a folder, takes it up again, and asks it about raw rows.
//!
//!     cargo run --release --example train

use std::ops::ControlFlow;

use dropnet::{Error, Training};

const NET: &str = r#"
param p = 0.2

data {
  source builtin, "iris"
  split test=20%, valid=20%
  normalize inputs
  batch 16
}

net {
  input x: real[4]
  dense 32 -> relu -> dropout p
  dense 3
  output species: class[3]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.05, momentum=0.9
  epochs 60
  report accuracy
}
"#;

fn main() -> Result<(), Error> {
    let runs = tempfile::tempdir().expect("a folder for the run");
    let folder = runs.path().join("iris");
    let trained = Training::new(NET)
        .set("p", 0.1)
        .seed(1)
        .keep_in(&folder)
        .each_epoch(|epoch| {
            if epoch.number.is_multiple_of(20) {
                println!("epoch {}: {:?}", epoch.number, epoch.valid("accuracy"));
            }
            ControlFlow::Continue(())
        })
        .run()?;
    println!("test accuracy {:?}", trained.test("accuracy"));

    // Another program would begin here; `dropnet eval`, `plot` and the other commands know the folder too.
    let net = dropnet::load(&folder)?;
    let flower = net.predict_row([5.1, 3.5, 1.4, 0.2])?;
    println!("{:?}: {:.3?}", flower.class(), flower.outputs());
    print!("{}", net.predict_csv("6.3,2.8,5.1,1.5\n5.9,3.0,4.2,1.5\n")?.to_csv());
    Ok(())
}
