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
}

impl Role {
    pub const ALL: &[Role] = &[Role::Unit, Role::Height, Role::Width, Role::Time, Role::Channel];

    pub fn name(self) -> &'static str {
        match self {
            Role::Unit => "unit",
            Role::Height => "height",
            Role::Width => "width",
            Role::Time => "time",
            Role::Channel => "channel",
        }
    }

    /// The roles that a word of `share=` or `over=` may stand for; `None` if the word is no axis. `space` is what convolutions slide over, be that
    /// height and width or time.
    pub fn named(word: &str) -> Option<&'static [Role]> {
        Some(match word {
            "unit" => &[Role::Unit],
            "height" => &[Role::Height],
            "width" => &[Role::Width],
            "time" => &[Role::Time],
            "channel" => &[Role::Channel],
            "space" => &[Role::Height, Role::Width, Role::Time],
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Axis {
    pub role: Role,
    pub size: usize,
}

/// A real value a row: its axes, without the batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ty {
    pub axes: Vec<Axis>,
}

impl Ty {
    /// `n` plain units.
    pub fn units(n: usize) -> Self {
        Self { axes: vec![Axis { role: Role::Unit, size: n }] }
    }

    /// Plain axes of these sizes: one is units, three are height, width, channel; otherwise all are units.
    pub fn of_sizes(sizes: &[usize]) -> Self {
        let roles: &[Role] = if sizes.len() == 3 { &[Role::Height, Role::Width, Role::Channel] } else { &[] };
        let axis =
            |(i, &size): (usize, &usize)| Axis { role: roles.get(i).copied().unwrap_or(Role::Unit), size };
        Self { axes: sizes.iter().enumerate().map(axis).collect() }
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

    /// With as many numbers along its last axis; a vector of units stays one of units.
    #[must_use]
    pub fn with_last(&self, size: usize) -> Self {
        let mut axes = self.axes.clone();
        match &mut axes[..] {
            [] | [_] => return Self::units(size),
            [.., last] => last.size = size,
        }
        Self { axes }
    }

    /// The size of a value with one axis.
    pub fn vector(&self) -> Option<usize> {
        match self.axes[..] {
            [axis] => Some(axis.size),
            _ => None,
        }
    }

    /// The channels of maps, which lie at each place side by side.
    pub fn channels(&self) -> Option<usize> {
        match self.axes[..] {
            [_, .., Axis { role: Role::Channel, size }] => Some(size),
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
        let sizes: Vec<String> = self.axes.iter().map(|a| a.size.to_string()).collect();
        f.write_str(&sizes.join("x"))
    }
}
