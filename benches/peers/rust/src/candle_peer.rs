//! Candle as its users write it for speed on CPUs.

mod line;

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, loss, ops};
use line::{Epoch, Mode, Spec};

struct Net {
    layers: Vec<Linear>,
    rates: Vec<f64>,
}

impl Net {
    fn new(spec: &Spec, vars: VarBuilder<'_>) -> Result<Self> {
        let sizes = spec.sizes.windows(2).enumerate();
        let layers = sizes.map(|(i, pair)| linear(pair[0], pair[1], vars.pp(i))).collect::<Result<_>>()?;
        Ok(Self { layers, rates: spec.rates.clone() })
    }

    fn forward(&self, x: &Tensor, drops: bool) -> Result<Tensor> {
        let mut h = x.clone();
        for (i, layer) in self.layers.iter().enumerate() {
            if drops && self.rates[i] > 0.0 {
                h = ops::dropout(&h, self.rates[i] as f32)?;
            }
            h = layer.forward(&h)?;
            if i + 1 < self.layers.len() {
                h = h.relu()?;
            }
        }
        Ok(h)
    }
}

fn loss_of(spec: &Spec, z: &Tensor, y: &Tensor) -> Result<Tensor> {
    if spec.is_regression() {
        return loss::mse(z, y);
    }
    // Label smoothing 0.1.
    let log = ops::log_softmax(z, D::Minus1)?;
    let own = log.gather(&y.unsqueeze(1)?, 1)?.mean_all()?;
    (own * -0.9)? - (log.mean_all()? * 0.1)?
}

fn training(spec: Spec) -> Result<Epoch> {
    let device = Device::Cpu;
    let rows = spec.batch * spec.steps;
    let x = Tensor::from_vec(spec.inputs(rows), (rows, spec.sizes[0]), &device)?;
    let y = match spec.is_regression() {
        true => Tensor::from_vec(spec.targets(rows), (rows, 1), &device)?,
        false => Tensor::from_vec(spec.classes(rows), rows, &device)?,
    };
    let vars = VarMap::new();
    let net = Net::new(&spec, VarBuilder::from_varmap(&vars, DType::F32, &device))?;
    let params = ParamsAdamW { lr: 1e-3, weight_decay: 0.01, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(vars.all_vars(), params)?;
    let mut state = 1;
    let mut epoch = move || -> Result<f32> {
        let order = Tensor::from_vec(line::shuffled(rows, &mut state), rows, &device)?;
        let mut total = 0.0;
        for step in 0..spec.steps {
            let index = order.narrow(0, step * spec.batch, spec.batch)?;
            let z = net.forward(&x.index_select(&index, 0)?, true)?;
            let loss = loss_of(&spec, &z, &y.index_select(&index, 0)?)?;
            optimizer.backward_step(&loss)?;
            total += loss.to_scalar::<f32>()?;
        }
        Ok(total / spec.steps as f32)
    };
    Ok(Box::new(move || epoch().expect("trains")))
}

fn predicting(spec: Spec) -> Result<Epoch> {
    let device = Device::Cpu;
    let vars = VarMap::new();
    let net = Net::new(&spec, VarBuilder::from_varmap(&vars, DType::F32, &device))?;
    // Plain tensors: nothing is recorded for gradients.
    let layers = net.layers.iter().map(|l| Linear::new(l.weight().detach(), l.bias().map(Tensor::detach)));
    let net = Net { layers: layers.collect(), rates: net.rates };
    let x = Tensor::from_vec(spec.inputs(spec.batch), (spec.batch, spec.sizes[0]), &device)?;
    let steps = spec.steps;
    let call = move || -> Result<f32> {
        let drops = spec.mode == Mode::Mc;
        let x = if drops { x.repeat((spec.samples, 1))? } else { x.clone() };
        let mut z = net.forward(&x, drops)?;
        if !spec.is_regression() {
            z = ops::softmax_last_dim(&z)?;
        }
        if drops {
            let z = z.reshape((spec.samples, spec.batch, spec.outputs()))?;
            std::hint::black_box((z.mean(0)?, z.var(0)?));
        }
        std::hint::black_box(z);
        Ok(0.0)
    };
    Ok(Box::new(move || (0..steps).map(|_| call().expect("predicts")).sum()))
}

fn main() {
    line::serve(|spec| {
        let made = if spec.mode == Mode::Train { training(spec.clone()) } else { predicting(spec.clone()) };
        made.expect("a workload")
    });
}
