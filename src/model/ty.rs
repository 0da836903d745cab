//! Types of values: shapes whose axes have roles.

use std::fmt;

/// What an axis means; `share=` speaks of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Unit,
    Height,
    Width,
    Time,
    Channel,
    /// Bands or bins of a spectrum.
    Freq,
}

impl Role {
    pub const ALL: &[Role] = &[Role::Unit, Role::Height, Role::Width, Role::Time, Role::Channel, Role::Freq];

    pub fn name(self) -> &'static str {
        match self {
            Role::Unit => "unit",
            Role::Height => "height",
            Role::Width => "width",
            Role::Time => "time",
            Role::Channel => "channel",
            Role::Freq => "freq",
        }
    }

    /// The roles that a word of `share=` or `over=` may stand for; `None` if the word is no axis. `space` is what convolutions slide over, be that
    /// height and width, time, or time and freq.
    pub fn named(word: &str) -> Option<&'static [Role]> {
        Some(match word {
            "unit" => &[Role::Unit],
            "height" => &[Role::Height],
            "width" => &[Role::Width],
            "time" => &[Role::Time],
            "channel" => &[Role::Channel],
            "freq" => &[Role::Freq],
            "space" => &[Role::Height, Role::Width, Role::Time, Role::Freq],
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Axis {
    pub role: Role,
    pub size: usize,
    /// Of time, where rows have lengths.
    pub ragged: Option<Ragged>,
    /// Of time, where it is that of a sound.
    pub clock: Option<Clock>,
}

/// How long a step of a sound is: `hop` samples, of which there are `rate` a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Clock {
    /// Samples a second, in Hz.
    pub rate: u32,
    pub hop: usize,
}

/// Which places of an axis are a row's own, where rows have lengths: place `t` is if `stride * t + offset` is less than the row's length. What
/// lies behind is finite and means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ragged {
    pub stride: usize,
    /// Negative where a place begins in front of what it stands for, as frames do that are centred.
    pub offset: isize,
}

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    Real,
    /// Numbers below `vocab` that stand for pieces of text.
    Token {
        vocab: usize,
    },
    /// One of so many categories of a column, by its number.
    Category {
        count: usize,
    },
}

/// A value of a row: its axes, without the batch. At most one axis has lengths, the first, of time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ty {
    pub elem: Elem,
    pub axes: Vec<Axis>,
}

impl Ragged {
    /// Of a source: as many places as the length says.
    pub const OWN: Ragged = Ragged { stride: 1, offset: 0 };

    /// Of what windows make of it that move by `stride`, and lie in a row where the place is that is `reach` behind their first, or in
    /// front of it.
    #[must_use]
    pub fn windowed(self, stride: usize, reach: isize) -> Self {
        Self { stride: self.stride * stride, offset: self.offset + self.stride as isize * reach }
    }

    /// Places of a row of this length.
    #[must_use]
    pub fn places(self, length: usize) -> usize {
        (length as isize - self.offset).max(0).unsigned_abs().div_ceil(self.stride)
    }

    /// The shortest row that has a place.
    #[must_use]
    pub fn least(self) -> usize {
        (self.offset + 1).max(1).unsigned_abs()
    }
}

impl Clock {
    /// Of what windows make of it that move by `stride` of its steps.
    #[must_use]
    pub fn windowed(self, stride: usize) -> Self {
        Self { hop: self.hop * stride, ..self }
    }
}

impl Axis {
    pub const fn new(role: Role, size: usize) -> Self {
        Self { role, size, ragged: None, clock: None }
    }
}

impl Ty {
    /// Numbers along these axes.
    pub fn real(axes: Vec<Axis>) -> Self {
        Self { elem: Elem::Real, axes }
    }

    /// `n` plain units.
    pub fn units(n: usize) -> Self {
        Self::real(vec![Axis::new(Role::Unit, n)])
    }

    /// At most `steps` steps of `channels` numbers, each row with its length.
    pub fn series(steps: usize, channels: usize) -> Self {
        Self::real(vec![Self::ragged_time(steps), Axis::new(Role::Channel, channels)])
    }

    /// Sounds of at most `samples` samples, `rate` a second, in one channel, each row with its length.
    pub fn wave(samples: usize, rate: u32) -> Self {
        let mut ty = Self::series(samples, 1);
        ty.axes[0].clock = Some(Clock { rate, hop: 1 });
        ty
    }

    /// At most `steps` tokens below `vocab`, each row with its length.
    pub fn tokens(steps: usize, vocab: usize) -> Self {
        Self { elem: Elem::Token { vocab }, axes: vec![Self::ragged_time(steps)] }
    }

    /// One of so many categories.
    pub fn category(count: usize) -> Self {
        Self { elem: Elem::Category { count }, axes: vec![Axis::new(Role::Unit, 1)] }
    }

    fn ragged_time(size: usize) -> Axis {
        Axis { ragged: Some(Ragged::OWN), ..Axis::new(Role::Time, size) }
    }

    /// Its steps: the first axis, if that is time.
    pub fn steps(&self) -> Option<Axis> {
        self.axes.first().copied().filter(|axis| axis.role == Role::Time)
    }

    /// Which of its steps are a row's own, where rows have lengths.
    pub fn ragged(&self) -> Option<Ragged> {
        self.steps()?.ragged
    }

    /// Samples a second, of a sound that is not yet cut into frames.
    #[must_use]
    pub fn rate(&self) -> Option<u32> {
        self.steps()?.clock.filter(|clock| clock.hop == 1).map(|clock| clock.rate)
    }

    /// How many different tokens, or categories, there are; none of numbers.
    pub fn vocab(&self) -> Option<usize> {
        match self.elem {
            Elem::Real => None,
            Elem::Token { vocab } => Some(vocab),
            Elem::Category { count } => Some(count),
        }
    }

    /// How many categories there are, where it is one.
    pub fn categories(&self) -> Option<usize> {
        match self.elem {
            Elem::Category { count } => Some(count),
            Elem::Real | Elem::Token { .. } => None,
        }
    }

    /// Plain axes of these sizes: one is units, three are height, width, channel; otherwise all are units.
    pub fn of_sizes(sizes: &[usize]) -> Self {
        let roles: &[Role] = if sizes.len() == 3 { &[Role::Height, Role::Width, Role::Channel] } else { &[] };
        let axis = |(i, &size): (usize, &usize)| Axis::new(roles.get(i).copied().unwrap_or(Role::Unit), size);
        Self::real(sizes.iter().enumerate().map(axis).collect())
    }

    pub fn sizes(&self) -> Vec<usize> {
        self.axes.iter().map(|a| a.size).collect()
    }

    /// Numbers a row.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|a| a.size).product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// With as many numbers along its last axis, each of them made of all that were there: channels, whatever those were. A vector of units stays one
    /// of units.
    #[must_use]
    pub fn with_last(&self, size: usize) -> Self {
        let mut axes = self.axes.clone();
        match &mut axes[..] {
            [] | [_] => return Self::units(size),
            [.., last] if last.role == Role::Unit => last.size = size,
            [.., last] => *last = Axis::new(Role::Channel, size),
        }
        Self { elem: Elem::Real, axes }
    }

    /// The size of a value with one axis.
    pub fn vector(&self) -> Option<usize> {
        match self.axes[..] {
            [axis] => Some(axis.size),
            _ => None,
        }
    }

    /// A spectrogram, steps of bands without channels, as a map of one channel; anything else as it is.
    #[must_use]
    pub fn as_map(&self) -> Self {
        let mut ty = self.clone();
        if let [_, Axis { role: Role::Freq, .. }] = ty.axes[..] {
            ty.axes.push(Axis::new(Role::Channel, 1));
        }
        ty
    }

    /// The channels of maps, which lie at each place side by side.
    pub fn channels(&self) -> Option<usize> {
        match self.axes[..] {
            [_, .., Axis { role: Role::Channel, size, .. }] => Some(size),
            _ => None,
        }
    }

    /// Places of a map; 1 where the value is none.
    pub fn places(&self) -> usize {
        match self.channels() {
            Some(_) => self.axes[..self.axes.len() - 1].iter().map(|a| a.size).product(),
            None => 1,
        }
    }

    /// Whether the value has the axes that a word stands for: both of `space`, or time.
    pub fn has(&self, word: &str) -> bool {
        match word {
            "space" => self.has_role(Role::Time) || self.has_role(Role::Height) && self.has_role(Role::Width),
            word => Role::named(word).is_some_and(|roles| roles.iter().any(|role| self.has_role(*role))),
        }
    }

    pub fn has_role(&self, role: Role) -> bool {
        self.axes.iter().any(|a| a.role == role)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(count) = self.categories() {
            return write!(f, "one of {count} categories");
        }
        let sizes: Vec<String> = self.axes.iter().map(|a| a.size.to_string()).collect();
        f.write_str(&sizes.join("x"))?;
        if self.vocab().is_some() { f.write_str(" tokens") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_a_row_are_counted_as_those_of_a_series_of_its_length() {
        for length in 0..20_usize {
            for (size, stride, dilation) in [(1, 1, 1), (3, 1, 1), (3, 2, 1), (2, 3, 2), (4, 4, 1)] {
                let reach = |padded: bool| if padded { 0 } else { ((size - 1) * dilation) as isize };
                let once = |of: Ragged, padded| of.windowed(stride, reach(padded));
                let (same, valid) = (once(Ragged::OWN, true), once(Ragged::OWN, false));
                let extent = (size - 1) * dilation + 1;
                let whole = |n: usize| if n < extent { 0 } else { (n - extent) / stride + 1 };
                assert_eq!(same.places(length), length.div_ceil(stride));
                assert_eq!(valid.places(length), whole(length), "{size} by {stride}");
                // And of what those windows make.
                assert_eq!(once(same, false).places(length), whole(length.div_ceil(stride)));
                assert_eq!(once(valid, true).places(length), whole(length).div_ceil(stride));
            }
        }
    }
}
