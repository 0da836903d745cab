//! What a layer says of itself, so that nobody needs to know it by its name.

/// Facts of a layer that hold for every use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Each unit of the result is a function of the same unit of the input alone.
    pub unitwise: Option<Unitwise>,
    /// What its statistics are taken over.
    pub normalises: Option<Across>,
    /// Keeps inputs of mean 0 and variance 1 so.
    pub self_normalising: bool,
    /// Windows slide over the axes of the input, which are a map's whatever was said of them.
    pub slides: bool,
    /// The result is the sum of the inputs.
    pub sums: bool,
    /// The result is the input and something added to it, so that it may be written as a term of a sum.
    pub adds: bool,
    /// The result is the input times the first parameter, a matrix, and the second added where there is one.
    pub multiplies: bool,
    /// Numbers of the last axis become shares of one, by their powers.
    pub shares: bool,
    /// Steps of time follow one another in it, each on what the one before left.
    pub recurrent: bool,
    /// Prediction hands the inputs' numbers on as they are, or all times one constant.
    pub hands_on: bool,
}

impl Facts {
    /// Of a layer of which nothing more is known.
    pub const NONE: Facts = Facts {
        unitwise: None,
        normalises: None,
        self_normalising: false,
        slides: false,
        sums: false,
        adds: false,
        multiplies: false,
        shares: false,
        recurrent: false,
        hands_on: false,
    };

    /// Of a function of each unit by itself.
    #[must_use]
    pub const fn unitwise(how: Unitwise) -> Facts {
        Facts { unitwise: Some(how), ..Facts::NONE }
    }
}

/// A function of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unitwise {
    /// `f(c x) = c f(x)` for every `c >= 0`.
    Homogeneous,
    Other,
}

/// What a normalisation takes its mean and spread over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// The rows of the minibatch in training, of which there must be two; stored ones in prediction.
    Batch,
    /// The numbers of a row, which come out with one mean and one spread whatever they were.
    Row,
}
