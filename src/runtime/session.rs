//! A trained net in memory, for programs that ask for a few rows at a time: no files, no threads, no allocation a call.

use super::{evaluate::cool, store::Store};
use crate::{
    codegen::{self, CodegenError, Options, SessionArrays},
    data::{Fields, TargetRule, Tones, Transform},
    draws,
    graph::{Mode, StepInfo},
    loops,
    lower::lower_predict,
    model::{Model, OutputKind},
};

/// Predicts up to a fixed number of rows a call, by weight scaling.
pub struct Session {
    native: codegen::Session,
    /// Numbers of a row, by input.
    widths: Vec<usize>,
    kind: OutputKind,
    target: TargetRule,
    /// Logits are divided by it.
    temperature: f64,
    /// What the net sees of bytes, where it reads rows of one array; and room for it.
    tones: Option<(Tones, Vec<f32>)>,
    /// Of the last call.
    predicted: Vec<f64>,
}

impl Session {
    /// Compiles the net's prediction. `target` says what the outputs mean: their own units.
    ///
    /// # Errors
    /// Parameters that do not fit the net; what code generation says.
    pub fn new(
        model: &Model,
        store: &Store,
        target: &TargetRule,
        seed: u64,
        most: usize,
    ) -> Result<Self, CodegenError> {
        let lowered = lower_predict(model, Mode::Eval);
        let graph = &lowered.graph;
        let step = StepInfo::of_prediction(most);
        let arrays = SessionArrays {
            params: store.params.clone(),
            slots: Vec::new(),
            states: store.states.clone(),
            scalars: lowered.scalars.iter().map(|def| def.word(&step)).collect(),
            streams: graph.sites.iter().map(|site| draws::predict_stream(seed, site.hash, 0)).collect(),
        };
        let compiled = codegen::compile(&loops::fuse(graph)?, &Options::default())?;
        let own = model.inputs.iter().map(|id| model.nodes[id.0].ty.len());
        let widths = own.chain(model.ragged().map(|_| 1)).collect();
        let native = compiled.session(arrays, most.max(1))?;
        let kind = model.output.kind;
        let predicted = Vec::with_capacity(most.max(1) * kind.width());
        Ok(Self { native, widths, kind, target: target.clone(), temperature: 1.0, tones: None, predicted })
    }

    /// With logits at a temperature.
    #[must_use]
    pub fn at_temperature(self, temperature: f64) -> Self {
        Self { temperature, ..self }
    }

    /// For rows of bytes too, of which the net sees what the transform says; nothing changes for a net of tables, or of the middle of larger pictures.
    #[must_use]
    pub fn of_bytes(self, transform: &Transform) -> Self {
        let tones = match (&transform.fields, &self.widths[..]) {
            (Fields::Array(rule), [width]) if rule.width == *width => {
                Some((Tones::new(rule), vec![0.0; self.native.most() * width]))
            }
            _ => None,
        };
        Self { tones, ..self }
    }

    /// Predictions of rows whose numbers are bytes as the source has them, `[rows, width]`: pictures as they are decoded. They become floats where the net
    /// reads them. None for a net that does not read such rows.
    ///
    /// # Panics
    /// If they are no whole rows, or more than the session was made for.
    pub fn predict_bytes(&mut self, bytes: &[u8]) -> Option<&[f64]> {
        let (tones, seen) = self.tones.as_mut()?;
        let rows = bytes.len() / self.widths[0].max(1);
        assert!(bytes.len() == rows * self.widths[0] && bytes.len() <= seen.len(), "whole rows");
        tones.see(bytes, &mut seen[..bytes.len()]);
        self.native.write(0, &seen[..bytes.len()]);
        Some(self.run(rows))
    }

    /// Predictions of the rows in `inputs` (one slice an input, `[rows, width]`, transformed as in training; where rows have lengths, these are
    /// the last; tokens and lengths are whole numbers): probabilities for
    /// classes and bits, numbers in the target's units, `[rows, outputs]`.
    ///
    /// # Panics
    /// If the slices are not as many rows each, or more rows than the session was made for.
    pub fn predict(&mut self, inputs: &[&[f32]]) -> &[f64] {
        assert_eq!(inputs.len(), self.widths.len(), "one slice an input");
        let rows = inputs.first().map_or(0, |x| x.len() / self.widths[0].max(1));
        for (slot, (x, width)) in inputs.iter().zip(&self.widths).enumerate() {
            assert!(x.len() == rows * width && rows <= self.native.most(), "rows of input {slot}");
            self.native.write(slot, x);
        }
        self.run(rows)
    }

    /// Predictions of so many rows that are written down.
    fn run(&mut self, rows: usize) -> &[f64] {
        let outputs = self.native.run(rows, 0);
        cool(outputs, self.temperature);
        self.kind.interpret(outputs, &self.target);
        let (width, target) = (self.kind.width(), &self.target);
        let raised = |(i, x): (usize, &f32)| target.raised(i % width, f64::from(*x));
        self.predicted.clear();
        self.predicted.extend(outputs.iter().enumerate().map(raised));
        &self.predicted
    }
}
