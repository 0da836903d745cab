//! Monte-Carlo dropout: where a net has seen nothing, its samples differ.
//!
//!     cargo run --release --example monte_carlo

use dropnet::{Error, Training};

const NET: &str = r#"
data {
  source line, rows=200, noise=0.1
  normalize inputs, target
}

net {
  input x: real[1]
  dense 64 -> relu -> dropout 0.1
  dense 64 -> relu -> dropout 0.1
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=0.01
  epochs 60
}
"#;

fn main() -> Result<(), Error> {
    let net = Training::new(NET).run()?.net.monte_carlo(200)?;
    println!("     x     mean      sd");
    for x in [0.0, 0.5, 1.0, 3.0, 10.0] {
        let said = net.predict_row([x])?;
        println!("{x:6.1} {:8.3} {:7.3}", said.outputs()[0], said.sd("y").unwrap_or(f64::NAN));
    }
    Ok(())
}
