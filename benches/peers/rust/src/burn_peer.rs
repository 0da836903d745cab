//! Burn as its users write it for speed on CPUs: the Flex backend.

mod line;

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    optim::{AdamWConfig, GradientsParams},
    tensor::{Device, Distribution, Int, Tensor, TensorData, activation},
};
use line::{Epoch, Mode, Spec};

#[derive(Module, Debug)]
struct Net {
    layers: Vec<Linear>,
}

impl Net {
    fn new(spec: &Spec, device: &Device) -> Self {
        let layer = |pair: &[usize]| LinearConfig::new(pair[0], pair[1]).init(device);
        Self { layers: spec.sizes.windows(2).map(layer).collect() }
    }

    /// `rates` are empty where nothing is dropped.
    fn forward(&self, x: Tensor<2>, rates: &[f64]) -> Tensor<2> {
        let mut h = x;
        for (i, layer) in self.layers.iter().enumerate() {
            h = dropout(h, rates.get(i).copied().unwrap_or(0.0));
            h = layer.forward(h);
            if i + 1 < self.layers.len() {
                h = activation::relu(h);
            }
        }
        h
    }
}

/// What Burn's `Dropout` does; that one is off where nothing is differentiated, which Monte-Carlo dropout is not.
fn dropout(x: Tensor<2>, rate: f64) -> Tensor<2> {
    if rate == 0.0 {
        return x;
    }
    let kept = x.random_like(Distribution::Bernoulli(1.0 - rate));
    x * kept * (1.0 / (1.0 - rate))
}

fn rows_of(data: Vec<f32>, rows: usize, device: &Device) -> Tensor<2> {
    let width = data.len() / rows;
    Tensor::from_data(TensorData::new(data, [rows, width]), device)
}

fn training(spec: Spec) -> Epoch {
    let device = Device::flex().autodiff();
    let rows = spec.batch * spec.steps;
    let x = rows_of(spec.inputs(rows), rows, &device);
    let (targets, labels) = match spec.is_regression() {
        true => (spec.targets(rows), vec![0; rows]),
        false => (vec![0.0; rows], spec.classes(rows)),
    };
    let targets = rows_of(targets, rows, &device);
    let labels: Tensor<2, Int> = Tensor::from_data(TensorData::new(labels, [rows, 1]), &device);
    let mut net = Some(Net::new(&spec, &device));
    let mut optimizer = AdamWConfig::new().with_weight_decay(0.01).init();
    let mut state = 1;
    Box::new(move || {
        let order: Vec<i64> = line::shuffled(rows, &mut state).into_iter().map(i64::from).collect();
        let order: Tensor<1, Int> = Tensor::from_data(TensorData::new(order, [rows]), &device);
        let mut total = 0.0;
        for step in 0..spec.steps {
            let index = order.clone().narrow(0, step * spec.batch, spec.batch);
            let own = net.take().expect("a net");
            let z = own.forward(x.clone().select(0, index.clone()), &spec.rates);
            let loss = match spec.is_regression() {
                true => {
                    let error = z - targets.clone().select(0, index);
                    (error.clone() * error).mean()
                }
                false => {
                    // Label smoothing 0.1.
                    let log = activation::log_softmax(z, 1);
                    let picked = log.clone().gather(1, labels.clone().select(0, index)).mean();
                    picked * -0.9 - log.mean() * 0.1
                }
            };
            let grads = GradientsParams::from_grads(loss.backward(), &own);
            net = Some(optimizer.step(1e-3, own, grads));
            total += loss.into_scalar::<f32>();
        }
        total / spec.steps as f32
    })
}

fn predicting(spec: Spec) -> Epoch {
    let device = Device::flex();
    let net = Net::new(&spec, &device);
    let x = rows_of(spec.inputs(spec.batch), spec.batch, &device);
    Box::new(move || {
        for _ in 0..spec.steps {
            let drops = spec.mode == Mode::Mc;
            let x = if drops { x.clone().repeat_dim(0, spec.samples) } else { x.clone() };
            let mut z = net.forward(x, if drops { &spec.rates } else { &[] });
            if !spec.is_regression() {
                z = activation::softmax(z, 1);
            }
            if drops {
                let z: Tensor<3> = z.clone().reshape([spec.samples, spec.batch, spec.outputs()]);
                std::hint::black_box((z.clone().mean_dim(0).into_data(), z.var(0).into_data()));
            }
            std::hint::black_box(z.into_data());
        }
        0.0
    })
}

fn main() {
    line::serve(
        |spec| if spec.mode == Mode::Train { training(spec.clone()) } else { predicting(spec.clone()) },
    );
}
