//! Fixed views of pictures, which predictions are averaged over: parts whose rows are the same pictures mirrored or moved.
//!
//! A view is a view of the numbers of the source, mapped as they are: where each place has a map of its own, numbers go back through that of
//! their old place and on through that of the new one.

use std::sync::Arc;

use super::pictures::of_the_source;
use crate::{
    data::{Affine, DataError, Form, Input, Numbers, Part, RowBuffer, RowStore, Transform},
    model::{Model, Predict},
    train::augment::{Facts, Fill, Map, Painted, Seen, moved},
};

/// The rows of a part in each view that a prediction is the mean over, the part itself not among them; none where pictures are seen as they are.
#[must_use]
pub fn other_views(model: &Model, transform: &Transform, part: &Part, predict: &Predict) -> Vec<Part> {
    let Some((input, [height, width, channels])) = model.picture().filter(|_| !predict.views.is_empty())
    else {
        return Vec::new();
    };
    let fills = predict.views.iter().filter_map(|used| used.word.fill(&used.args));
    let rule = Rule { pairs: transform.pairs(input), channels };
    let black = of_the_source(model)[0];
    let view = |map: Map| {
        let from = &part.inputs[input];
        let store = View {
            form: Form { numeric: from.store.form().numeric, shape: vec![height, width, channels] },
            from: from.store.clone(),
            map,
            fill: fills.clone().next_back().unwrap_or(Fill::Black),
            black,
            rule: rule.clone(),
        };
        let mut seen = part.clone();
        seen.inputs[input] = Input { store: Arc::new(store), raw: None, ..from.clone() };
        seen
    };
    predict.views([height, width]).into_iter().skip(1).map(view).collect()
}

/// How the numbers of a picture were mapped.
#[derive(Clone, Debug)]
struct Rule {
    pairs: Vec<Affine>,
    channels: usize,
}

impl Rule {
    /// Whether numbers of one channel are mapped alike, wherever they stand.
    fn moves_along(&self) -> bool {
        self.pairs.len() == 1 || self.pairs.len() == self.channels
    }

    fn pair(&self, i: usize) -> Affine {
        self.pairs.get(i % self.pairs.len().max(1)).copied().unwrap_or(Affine::SAME)
    }
}

/// The pictures of a store in one view.
#[derive(Debug)]
struct View {
    from: Arc<dyn RowStore>,
    form: Form,
    /// Of whole steps.
    map: Map,
    fill: Fill,
    /// In the numbers of the source.
    black: f32,
    rule: Rule,
}

impl View {
    /// A picture in this view, where black is a number of each channel.
    fn of<T: Painted>(&self, picture: &[T], black: Vec<f32>) -> Vec<T> {
        let fill = if self.fill == Fill::Black { Fill::Mean } else { self.fill };
        let channels = self.rule.channels;
        // The colour of a channel is what a fill of the mean paints with.
        let facts = Facts { mean: black, ..Facts::unknown([0.0; 2], vec![1.0; channels]) };
        let from = Seen { data: picture, size: self.map.size, channels };
        let mut into = vec![T::of_f32(0.0); picture.len()];
        moved(from, &self.map, fill, &facts, &mut into);
        into
    }

    fn floats(&self, picture: &[f32]) -> Vec<f32> {
        let channels = self.rule.channels;
        if self.rule.moves_along() {
            let black = |channel: usize| self.rule.pair(channel).seen(f64::from(self.black));
            return self.of(picture, (0..channels).map(black).collect());
        }
        let raw = |(i, x): (usize, &f32)| self.rule.pair(i).raw(f64::from(*x)) as f32;
        let raw: Vec<f32> = picture.iter().enumerate().map(raw).collect();
        let moved = self.of(&raw, vec![self.black; channels]);
        moved.into_iter().enumerate().map(|(i, x)| self.rule.pair(i).seen(f64::from(x))).collect()
    }
}

impl RowStore for View {
    fn rows(&self) -> usize {
        self.from.rows()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn is_work(&self) -> bool {
        self.from.is_work()
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        match RowBuffer::default().row(&*self.from, row)? {
            Numbers::U8(bytes) => into.copy_from_slice(&self.of(bytes, vec![self.black; self.rule.channels])),
            Numbers::F32(floats) => into.copy_from_slice(bytemuck::cast_slice(&self.floats(floats))),
            // Tokens are no pictures.
            Numbers::I32(whole) => into.copy_from_slice(bytemuck::cast_slice(whole)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Storage, Target};

    fn view(pairs: Vec<Affine>, data: Storage, map: Map, fill: Fill) -> View {
        let input = Input::held("x", &[1, 3, 2], data, (1.0, 0.0));
        let part = Part::of_first(1, vec![input], Target::NONE);
        let store = part.inputs[0].store.clone();
        let (form, rule) = (store.form().clone(), Rule { pairs, channels: 2 });
        View { from: store, form, map, fill, black: 0.0, rule }
    }

    fn read(view: &View) -> Vec<f32> {
        let mut room = vec![0.0_f32; 6];
        view.read(0, bytemuck::cast_slice_mut(&mut room)).unwrap();
        room
    }

    const MOVED: fn() -> Map = || Map::window([1, 3], 0.0, -1.0);

    #[test]
    fn what_comes_in_from_outside_is_black_to_the_net() {
        let pairs = vec![Affine { scale: 1.0, shift: -1.0 }, Affine { scale: 0.5, shift: 3.0 }];
        let seen = Storage::F32(vec![0.0, 4.0, 1.0, 5.0, 2.0, 6.0]);
        let black = view(pairs.clone(), seen.clone(), MOVED(), Fill::Black);
        assert_eq!(read(&black), [-1.0, 3.0, 0.0, 4.0, 1.0, 5.0]);
        assert_eq!(read(&view(pairs, seen, MOVED(), Fill::Edge)), [0.0, 4.0, 0.0, 4.0, 1.0, 5.0]);
    }

    #[test]
    fn places_with_maps_of_their_own_keep_them() {
        // What the net sees of the numbers 10 to 15, of which place `i` has the mean `i`.
        let pairs = (0..6).map(|i| Affine { scale: 2.0, shift: -2.0 * f64::from(i) }).collect();
        let mirror = Map { x: [0.0, -1.0, 2.0], ..Map::same([1, 3]) };
        let view = view(pairs, Storage::F32(vec![20.0; 6]), mirror, Fill::Black);
        // 14 stands where 10 stood, 15 at 11, and so on.
        assert_eq!(read(&view), [28.0, 28.0, 20.0, 20.0, 12.0, 12.0]);
    }

    #[test]
    fn bytes_stay_bytes() {
        let view = view(vec![Affine::SAME], Storage::U8(vec![1, 2, 3, 4, 5, 6]), MOVED(), Fill::Black);
        let mut room = [9_u8; 6];
        view.read(0, &mut room).unwrap();
        assert_eq!(room, [0, 0, 1, 2, 3, 4]);
    }
}
