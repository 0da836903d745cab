//! `:weights`: the parameters of the trained net in numbers.

use dropnet::internal::math::Moments;

use super::{runs::untrained, session::Session};
use crate::cli::{
    inspect::{numbers_of, shape, short},
    ui::{Failure, Ui},
};

/// Numbers of a parameter that are shown where several are.
const SOME: usize = 10;

impl Session {
    /// What the parameters of a layer are, or of all layers: how they are spread, and the first of them; of one that is named by itself all numbers.
    pub fn weights(&self, named: &str, ui: &mut Ui) -> Result<(), Failure> {
        let Some(run) = &self.run else { return Err(untrained()) };
        let is_meant = |name: &str| {
            let rest = name.strip_prefix(named);
            named.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
        };
        let all = run.model.params.iter().zip(&run.store.params);
        let meant: Vec<_> = all.filter(|(param, _)| is_meant(&param.name)).collect();
        if meant.is_empty() {
            let names: Vec<&str> = run.model.params.iter().map(|param| param.name.as_str()).collect();
            return Err(Failure::usage(format!(
                "the trained net has no parameters called `{named}`\nhelp: it has {}",
                names.join(", ")
            )));
        }
        let (name_width, most) = (
            meant.iter().map(|(param, _)| param.name.len()).max().unwrap_or(0),
            if meant.len() == 1 { usize::MAX } else { SOME },
        );
        for (param, values) in meant {
            let numbers: Vec<f64> = values.iter().map(|x| f64::from(*x)).collect();
            let spread = Moments::of(numbers.iter().copied());
            let (least, largest) =
                numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
            let [mean, sd, least, largest] = [spread.mean, spread.deviation(), least, largest].map(short);
            ui.data(&format!(
                "  {:<name_width$}  {}  mean {mean}  sd {sd}  from {least} to {largest}\n",
                param.name,
                shape(&param.dims)
            ))?;
            for line in numbers_of(&numbers, &param.dims, None, most).lines() {
                ui.data(&format!("    {line}\n"))?;
            }
        }
        Ok(())
    }
}
