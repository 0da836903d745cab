//! Which settings are held side by side, and which of them is subtracted from which: every combination of what is compared, each value against the one of reference with
//! all else equal.

use super::points::Point;

/// One of the settings: a net by its number, and values of its params.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    pub net: usize,
    pub set: Point,
}

/// Values of one thing that is compared: of a param, or of the nets themselves, which have no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub name: Option<String>,
    pub values: Vec<String>,
    /// The number of the value that the others are held against.
    pub against: usize,
}

/// All combinations, and the pairs of which the second is subtracted from the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub arms: Vec<Setting>,
    pub pairs: Vec<(usize, usize)>,
}

impl Settings {
    /// The last of what is compared varies fastest.
    #[must_use]
    pub fn of(compared: &[Compared]) -> Self {
        let count: usize = compared.iter().map(|one| one.values.len()).product();
        let places: Vec<Vec<usize>> = (0..count).map(|number| place(compared, number)).collect();
        let pairs = (0..compared.len()).flat_map(|axis| {
            let against = compared[axis].against;
            let others = places.iter().enumerate().filter(move |(_, place)| place[axis] != against);
            others.map(move |(arm, place)| {
                let mut reference = place.clone();
                reference[axis] = against;
                (arm, number(compared, &reference))
            })
        });
        let pairs = pairs.collect();
        Self { arms: places.iter().map(|place| setting(compared, place)).collect(), pairs }
    }
}

fn place(compared: &[Compared], mut number: usize) -> Vec<usize> {
    let mut place: Vec<usize> = compared
        .iter()
        .rev()
        .map(|one| {
            let digit = number % one.values.len();
            number /= one.values.len();
            digit
        })
        .collect();
    place.reverse();
    place
}

fn number(compared: &[Compared], place: &[usize]) -> usize {
    compared.iter().zip(place).fold(0, |number, (one, digit)| number * one.values.len() + digit)
}

fn setting(compared: &[Compared], place: &[usize]) -> Setting {
    let mut setting = Setting::default();
    for (one, digit) in compared.iter().zip(place) {
        match &one.name {
            None => setting.net = *digit,
            Some(name) => setting.set.push((name.clone(), one.values[*digit].clone())),
        }
    }
    setting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(name: Option<&str>, values: &[&str], against: usize) -> Compared {
        let values = values.iter().map(|value| value.to_string()).collect();
        Compared { name: name.map(str::to_string), values, against }
    }

    fn told(settings: &Settings) -> String {
        let name = |arm: usize| {
            let setting = &settings.arms[arm];
            let values = setting.set.iter().map(|(_, value)| value.as_str());
            format!("{}:{}", setting.net, values.collect::<Vec<_>>().join("/"))
        };
        let pairs = settings.pairs.iter().map(|(arm, less)| format!("{}-{}", name(*arm), name(*less)));
        pairs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_are_held_against_one_with_all_else_equal() {
        assert_eq!(Settings::of(&[]), Settings { arms: vec![Setting::default()], pairs: Vec::new() });
        let p = compared(Some("p"), &["0", "0.5", "0.8"], 0);
        assert_eq!(told(&Settings::of(std::slice::from_ref(&p))), "0:0.5-0:0 0:0.8-0:0");
        let against = Compared { against: 1, ..p.clone() };
        assert_eq!(told(&Settings::of(&[against])), "0:0-0:0.5 0:0.8-0:0.5");
        let n = compared(Some("n"), &["1", "2"], 0);
        let two = Settings::of(&[Compared { values: p.values[..2].to_vec(), ..p }, n.clone()]);
        assert_eq!(told(&two), "0:0.5/1-0:0/1 0:0.5/2-0:0/2 0:0/2-0:0/1 0:0.5/2-0:0.5/1");
        let nets = Settings::of(&[compared(None, &["a", "b"], 0), n]);
        assert_eq!(told(&nets), "1:1-0:1 1:2-0:2 0:2-0:1 1:2-1:1");
    }
}
