//! In which order an epoch visits its rows: shuffled, each class equally often where a net says so, and texts in minibatches of about equal length where a net loops over them.
//!
//! A loop over time leaves a step out where no row of a shard has it. So minibatches of texts are buckets: the shuffled order is cut into windows of 16
//! minibatches, the rows of a window are sorted by length, and its minibatches come anywhere in the epoch. What is drawn for a row is addressed by its place before that,
//! which no minibatch changes. Nets without a loop gain nothing: attention, products and windows leave out what lies behind a row's end whatever rows are beside it.

use super::plan::Shape;
use crate::{
    data::{DataError, Numbers, Observed, Part},
    draws::rng,
    model::{Model, Train},
    train::steps::sample::Balance,
};

/// Minibatches whose rows are sorted together.
const WINDOW: usize = 16;

/// What of the rows decides on their order, the same in every epoch.
#[derive(Default)]
pub struct Visits {
    balance: Option<Balance>,
    buckets: Option<Buckets>,
}

/// The rows of an epoch.
pub struct Order {
    /// Row of the part at each position.
    pub rows: Vec<u32>,
    /// Place in the shuffled order of each of them, where it is not the position.
    pub places: Option<Vec<u32>>,
}

impl Visits {
    /// # Errors
    /// Lengths that cannot be read.
    pub fn of(model: &Model, train: &Train, part: &Part) -> Result<Self, DataError> {
        Ok(Self { balance: balance(train, part), buckets: Buckets::of(model, part)? })
    }

    /// The order of an epoch.
    pub fn order(&self, shape: &Shape, epoch: u64) -> Order {
        let mut rows = match (shape.goes_on, &self.balance) {
            (true, _) => (0..shape.rows as u32).collect(),
            (false, None) => rng::shuffle(shape.seed, "order", &[epoch], shape.rows),
            (false, Some(balance)) => balance.order(shape.seed, epoch, shape.rows),
        };
        rows.truncate(shape.visited());
        let places = self.buckets.as_ref().map(|buckets| buckets.places(&rows, shape, epoch));
        if let Some(places) = &places {
            rows = places.iter().map(|place| rows[*place as usize]).collect();
        }
        Order { rows, places }
    }
}

/// The rows of each class of a part, where its epochs visit classes equally often.
fn balance(train: &Train, part: &Part) -> Option<Balance> {
    let class = |observed: Observed<'_>| match observed {
        Observed::Class(class) => Some(class),
        Observed::Bits(_) | Observed::Real(_) | Observed::Tokens(_) => None,
    };
    train.balanced.then(|| Balance::of(part.all_observed().filter_map(class)))
}

/// Whether the rows of a net are texts, each as long as it is, that it loops over. Windows of a stream are all of one length, but for a last one.
pub fn sorts_texts(model: &Model) -> bool {
    let in_windows = model.data.as_ref().is_some_and(|data| data.settings.window.is_some());
    let reads_texts = model.ragged().is_some_and(|input| input.ty.vocab().is_some()) && !in_windows;
    reads_texts && model.nodes.iter().any(|node| node.facts().recurrent)
}

/// How long each row of a part is, before anything changes it.
struct Buckets(Vec<i32>);

impl Buckets {
    /// None but of texts of different lengths that are looped over.
    fn of(model: &Model, part: &Part) -> Result<Option<Self>, DataError> {
        let lengths = part.inputs.get(model.inputs.len());
        let Some(input) = lengths.filter(|_| sorts_texts(model) && part.streams().is_none()) else {
            return Ok(None);
        };
        let mut lengths = Vec::with_capacity(part.rows());
        part.each_row(input, |_, numbers| {
            if let Numbers::I32(own) = numbers {
                lengths.extend_from_slice(own);
            }
            Ok(())
        })?;
        Ok(lengths.iter().any(|length| *length != lengths[0]).then_some(Self(lengths)))
    }

    /// Place in the shuffled order of the row at each position. A last minibatch that is short stays what it is: were it the end of a sorted window, long texts
    /// would count more than others.
    fn places(&self, shuffled: &[u32], shape: &Shape, epoch: u64) -> Vec<u32> {
        let batch = shape.batch;
        let minibatches = shuffled.len() / batch;
        let mut places: Vec<u32> = (0..(minibatches * batch) as u32).collect();
        for window in places.chunks_mut(WINDOW * batch) {
            window.sort_by_key(|place| self.0[shuffled[*place as usize] as usize]);
        }
        let minibatches = rng::shuffle(shape.seed, "minibatches", &[epoch], minibatches);
        let own = minibatches.iter().flat_map(|i| &places[*i as usize * batch..][..batch]);
        own.copied().chain(places.len() as u32..shuffled.len() as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape =
        Shape { rows: 1000, batch: 8, drop_last: false, seed: 3, picture: [0; 2], goes_on: false };

    fn lengths() -> Vec<i32> {
        (0..1000).map(|row| 1 + row * row % 97).collect()
    }

    fn order(shape: &Shape, epoch: u64) -> Order {
        Visits { buckets: Some(Buckets(lengths())), balance: None }.order(shape, epoch)
    }

    #[test]
    fn every_row_is_visited_once_at_the_place_that_it_was_shuffled_to() {
        let shuffled = Visits::default().order(&SHAPE, 2);
        assert!(shuffled.places.is_none());
        // Neither the size of minibatches nor what is left of the last one changes a row's place.
        for batch in [1, 8, 30, 333, 1000, 4000] {
            let Order { rows, places } = order(&Shape { batch, ..SHAPE }, 2);
            let places = places.expect("buckets");
            let same = rows.iter().zip(&places).all(|(row, place)| shuffled.rows[*place as usize] == *row);
            let mut visited = places.clone();
            visited.sort_unstable();
            assert!(same && visited == (0..1000).collect::<Vec<u32>>(), "{batch}");
        }
        let shape = Shape { batch: 30, drop_last: true, ..SHAPE };
        let mut left: Vec<u32> = order(&shape, 2).places.expect("buckets");
        left.sort_unstable();
        assert_eq!(left, (0..990).collect::<Vec<u32>>());
        assert_ne!(order(&SHAPE, 2).places, order(&SHAPE, 3).places);
    }

    #[test]
    fn rows_of_a_minibatch_are_about_as_long_and_minibatches_come_in_any_order() {
        let all = lengths();
        let spread = |rows: &[u32]| {
            let own = || rows.iter().map(|row| all[*row as usize]);
            own().max().unwrap_or(0) - own().min().unwrap_or(0)
        };
        let mean = |rows: &[u32]| rows.chunks_exact(8).map(spread).sum::<i32>() / 125;
        let buckets = order(&SHAPE, 0);
        let shuffled = Visits::default().order(&SHAPE, 0);
        assert!(mean(&buckets.rows) <= 12 && mean(&shuffled.rows) > 60, "{}", mean(&buckets.rows));
        // Places of a minibatch are of one window, and the next one is seldom the next longer one.
        let places = buckets.places.expect("buckets");
        let window = |place: &u32| place / (8 * WINDOW as u32);
        assert!(places.chunks(8).all(|own| own.iter().all(|place| window(place) == window(&own[0]))));
        let first: Vec<i32> = buckets.rows.chunks(8).map(|own| all[own[0] as usize]).collect();
        let rising = first.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((45..80).contains(&rising), "{rising} of 124");
    }

    #[test]
    fn a_short_last_minibatch_is_left_as_it_is() {
        let shape = Shape { batch: 30, ..SHAPE };
        let Order { rows, places } = order(&shape, 1);
        assert_eq!(places.expect("buckets")[990..], (990..1000).collect::<Vec<u32>>());
        assert_eq!(rows[990..], Visits::default().order(&shape, 1).rows[990..]);
    }
}
