//! The loss of a row with all that lies on the way to it: what every layer says, and which gradient reaches it.

use super::{
    Lowered,
    forward::Forward,
    step::{Judged, mean_loss},
};
use crate::{
    graph::{Builder, DType, Mode, Scalars, ValueId, differentiate},
    model::Model,
};

/// A graph in which nothing is simplified away.
pub struct Probe {
    pub lowered: Lowered,
    /// The mean loss of the rows, without penalties.
    pub loss: ValueId,
    /// What each node of the model says.
    pub values: Vec<ValueId>,
    /// The gradient of the loss by what each node says; none of tokens, and of what has no way to the loss.
    pub by_value: Vec<Option<ValueId>>,
    /// The gradient by each parameter; none of what training holds still.
    pub by_param: Vec<Option<ValueId>>,
}

/// One sample of each row: dropout on, batch norm frozen, the loss that of training. None without a `train` section, which says the loss.
pub fn lower_probe(model: &Model) -> Option<Probe> {
    let section = model.train.as_ref()?;
    let mut b = Builder::new();
    let mut scalars = Scalars::default();
    let mut forward = Forward::new(model, Mode::Mc, &mut b).of_rows_apart();
    let output = forward.run(&mut b, &mut scalars, None);
    let of = Judged { model, section, output, within: forward.within(&mut b) };
    let loss = b.with_origin("loss", |b| mean_loss(of.row_loss(None, true, b, &mut scalars), b));
    let values = forward.values().to_vec();
    let trained =
        model.params.iter().zip(&forward.params).map(|(p, v)| Some(*v).filter(|_| !model.is_frozen(p)));
    let reals = values.iter().map(|v| Some(*v).filter(|v| b.ty(*v).dtype == DType::F32));
    let asked: Vec<Option<ValueId>> = reals.chain(trained).collect();
    let mut found =
        differentiate(&mut b, loss, &asked.iter().flatten().copied().collect::<Vec<_>>()).into_iter();
    let mut gradients = asked.iter().map(|asked| asked.and_then(|_| found.next().flatten()));
    let by_value = gradients.by_ref().take(values.len()).collect();
    let by_param = gradients.collect();
    let graph = b.finish();
    let scalars = scalars.finish(&graph);
    Some(Probe { lowered: Lowered { graph, scalars }, loss, values, by_value, by_param })
}
