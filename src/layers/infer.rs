//! What a layer sees and declares when its shape is checked.

use super::Layer;
use crate::{
    diag::{Diagnostic, Span},
    model::{Axis, Freeze, Init, ParamRole, Role, Ty, Use},
    train::penalties::Own,
    vocab::{Args, Value},
};

/// Where in the net a layer stands, for rates that depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing with weights lies between the input and here.
    Input,
    /// Behind a layer with weights.
    Hidden,
    /// Several values meet on the way.
    Unclear,
}

/// One input of the layer: its type and where it comes from.
#[derive(Clone, Debug)]
pub struct Source {
    pub ty: Ty,
    /// `` `input image` ``, `` `dense_1` ``
    pub name: String,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct ParamDecl {
    pub suffix: &'static str,
    pub dims: Vec<usize>,
    pub role: ParamRole,
    pub init: Init,
    pub max_norm: Option<f64>,
    /// Of this parameter alone.
    pub penalties: Vec<Own>,
    /// The input of the layer that a matrix multiplies, if it is one.
    pub fed_by: Option<usize>,
    /// The argument that is the rate of dropping what it multiplies, or rows of itself.
    pub dropped_by: Option<&'static str>,
    /// What its layer says that holds it still.
    pub held: Option<Freeze>,
}

#[derive(Clone, Debug)]
pub struct StateDecl {
    pub suffix: &'static str,
    pub dims: Vec<usize>,
    pub start: f32,
    pub by_row: bool,
}

/// Context of [`super::Layer::infer`].
pub struct Infer<'a> {
    pub args: &'a mut Args,
    pub inputs: &'a [Source],
    pub place: Place,
    /// Whether windows slid over the axes of the first input: it comes from a convolution or a pool through layers that keep its axes.
    pub slid: bool,
    /// Sizes of the parameters of other nodes that this one reads.
    pub lent: &'a [Vec<usize>],
    pub(crate) behind: Vec<Use<dyn Layer>>,
    pub(crate) params: Vec<ParamDecl>,
    pub(crate) states: Vec<StateDecl>,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl<'a> Infer<'a> {
    pub(crate) fn new(
        args: &'a mut Args,
        inputs: &'a [Source],
        (place, slid): (Place, bool),
        behind: Vec<Use<dyn Layer>>,
        lent: &'a [Vec<usize>],
    ) -> Self {
        Self {
            args,
            inputs,
            place,
            slid,
            lent,
            behind,
            params: Vec::new(),
            states: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The type of the first input.
    pub fn input(&self) -> &'a Ty {
        &self.inputs[0].ty
    }

    /// The layer that the only input comes from (0), and the one before it (1), where there is one.
    pub fn behind(&self, steps: usize) -> Option<&Use<dyn Layer>> {
        self.behind.get(steps)
    }

    /// The layer's own name, for messages.
    pub fn name(&self) -> &'static str {
        self.args.sig.name
    }

    /// The size of a one-axis input; anything else is E0301.
    pub fn vector(&self) -> Result<usize, Diagnostic> {
        self.input().vector().ok_or_else(|| {
            self.mismatch(format!("`{}` expects a vector, found {}", self.name(), self.input()))
                .help("put `flatten` before it: `flatten -> ...`")
        })
    }

    /// The size of a vector, or of the last axis of a value over time, which is one at each step; anything else is E0301.
    pub fn last(&self) -> Result<usize, Diagnostic> {
        match self.input().axes[..] {
            [Axis { role: Role::Time, .. }, last] => Ok(last.size),
            _ => self.vector(),
        }
    }

    /// All inputs must have one shape, which is answered; otherwise E0303 with both ends.
    pub fn same_types(&self) -> Result<Ty, Diagnostic> {
        let first = self.agreeing(|a, b| a.sizes() == b.sizes(), "values of one shape")?;
        Ok(self.common(first.clone()))
    }

    /// A type of the inputs' rank: an axis that is frequency in one of them and something else in another is one of channels.
    pub fn common(&self, mut ty: Ty) -> Ty {
        for (place, axis) in ty.axes.iter_mut().enumerate() {
            let is_band = |source: &Source| source.ty.axes[place].role == Role::Freq;
            if self.inputs.iter().any(is_band) && !self.inputs.iter().all(is_band) {
                axis.role = Role::Channel;
            }
        }
        ty
    }

    /// Every input must agree with the first, whose type is answered; otherwise E0303 says that `wanted` is needed, with both ends.
    pub fn agreeing(&self, agree: impl Fn(&Ty, &Ty) -> bool, wanted: &str) -> Result<&'a Ty, Diagnostic> {
        let first = &self.inputs[0];
        match self.inputs.iter().find(|other| !agree(&first.ty, &other.ty)) {
            None => Ok(&first.ty),
            Some(other) => Err(Diagnostic::error(
                "E0303",
                self.args.span,
                format!("`{}` needs {wanted}, found {} and {}", self.name(), first.ty, other.ty),
            )
            .label("the shapes differ here")
            .also(first.span, format!("{} is {}", first.name, first.ty))
            .also(other.span, format!("{} is {}", other.name, other.ty))
            .help("make the branches end in layers of equal width")),
        }
    }

    /// A shape error at this use, with the value's origin beside it.
    pub fn mismatch(&self, message: impl Into<String>) -> Diagnostic {
        let source = &self.inputs[0];
        Diagnostic::error("E0301", self.args.span, message)
            .label(format!("sees {}", source.ty))
            .also(source.span, format!("this value comes from {}", source.name))
    }

    /// Declares a trained tensor; the order of declaration is the order of `Lower::param`.
    pub fn param(&mut self, decl: ParamDecl) {
        self.params.push(decl);
    }

    /// Declares a tensor that training updates without a gradient.
    pub fn state(&mut self, suffix: &'static str, dims: Vec<usize>, start: f32) {
        self.states.push(StateDecl { suffix, dims, start, by_row: false });
    }

    /// Declares what a row of a minibatch leaves to the row at its place in the next, `dims` of each: `carry.PATH`, with a suffix where there are several.
    pub fn carried(&mut self, suffix: &'static str, dims: Vec<usize>) {
        self.states.push(StateDecl { suffix, dims, start: 0.0, by_row: true });
    }

    /// Fills in an argument that was left out, once its value is known from the place.
    pub fn settle(&mut self, name: &'static str, value: Value) {
        self.args.settle(name, value);
    }

    pub fn warn(&mut self, warning: Diagnostic) {
        self.warnings.push(warning);
    }
}

impl ParamDecl {
    pub fn new(suffix: &'static str, dims: Vec<usize>, role: ParamRole, init: Init) -> Self {
        let (max_norm, penalties) = (None, Vec::new());
        Self { suffix, dims, role, init, max_norm, penalties, fed_by: Some(0), dropped_by: None, held: None }
    }
}
