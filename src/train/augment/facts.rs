//! What statements know of the training part: what its pictures are on average, and between which numbers they lie.

/// The mean and deviation of each channel over the training part, in the units in which rows are stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Rounded where rows are bytes.
    pub mean: Vec<f32>,
    pub sd: Vec<f32>,
    /// The smallest and the largest number that a picture may have: black and white.
    pub range: [f32; 2],
    /// How much of a channel's numbers is 1 to the net.
    pub unit: Vec<f32>,
}

impl Facts {
    /// Where no statement asks for more than the range.
    #[must_use]
    pub fn unknown(range: [f32; 2], unit: Vec<f32>) -> Self {
        let channels = unit.len();
        Self { mean: vec![range[0]; channels], sd: vec![0.0; channels], range, unit }
    }

    /// Of the channels' means and deviations.
    #[must_use]
    pub fn of(channels: &[(f64, f64)], range: [f32; 2], unit: Vec<f32>, rounded: bool) -> Self {
        let mean = |(mean, _): &(f64, f64)| if rounded { (mean + 0.5).floor() } else { *mean } as f32;
        Self {
            mean: channels.iter().map(mean).collect(),
            sd: channels.iter().map(|(_, sd)| *sd as f32).collect(),
            range,
            unit,
        }
    }
}
