//! Raw arrays to the rows that a net reads: the affine map, made once for all parts.

use std::sync::Arc;

use super::dataset::{Input, Raw, Storage};
use super::inputs::Inputs;
use super::raw::Stored;
use super::stores::{FileRows, Held, Mapped, Numeric, RowStore, Toned, Tones};
use super::transform::{Affine, ArrayRule, InputShape};
use crate::memory::{self, TooMuch};

/// Bytes with one map for all elements stay bytes to the net; pictures with a map a channel stay bytes until a row is read. All else becomes mapped
/// floats, of rows in a file when they are read.
///
/// With `keep` the numbers of the source stay beside others that are seen.
///
/// # Errors
/// No memory for the floats.
pub(super) fn apply(
    data: Inputs,
    rule: &ArrayRule,
    input: &InputShape,
    keep: bool,
) -> Result<Input, TooMuch> {
    let keep = keep && rule.pairs != [Affine::SAME];
    Ok(match data {
        Inputs::Undecoded(pictures) => {
            bytes(Arc::new(pictures.shaped(&input.shape)), rule, &input.name, keep)
        }
        Inputs::Held(Stored::U8(held)) if keep || stays(rule) => {
            bytes(Arc::new(Held::new(input.shape.clone(), Storage::U8(held))), rule, &input.name, keep)
        }
        Inputs::Held(stored) => {
            let raw = if keep { Some(raw(&stored, rule, input)?) } else { None };
            Input { raw, ..Input::floats(&input.name, &input.shape, floats(stored, rule)?) }
        }
        // They become tokens, or have lengths: no numbers that a rule maps.
        Inputs::Texts(_) | Inputs::Stream(_) | Inputs::Sounds(_) => {
            Input::floats(&input.name, &input.shape, Vec::new())
        }
        Inputs::Filed { rows, is_short } => {
            let same = ArrayRule { width: rule.width, pairs: vec![Affine::SAME] };
            let stays = rows.element().is_byte() && rule.pairs.len() == 1;
            let raw = (keep && !stays).then(|| Raw {
                store: filed(rows.clone(), &same, input, is_short).store,
                rule: rule.clone(),
            });
            Input { raw, ..filed(rows, rule, input, is_short) }
        }
    })
}

/// Rows of bytes as a net sees them under a rule.
pub(super) fn bytes(bytes: Arc<dyn RowStore>, rule: &ArrayRule, name: &str, keep: bool) -> Input {
    if let [Affine { scale, shift }] = rule.pairs[..] {
        return Input {
            name: name.into(),
            store: bytes,
            scale: scale as f32,
            shift: shift as f32,
            raw: None,
        };
    }
    let raw = keep.then(|| Raw { store: bytes.clone(), rule: rule.clone() });
    let store = Arc::new(Toned::new(bytes, rule));
    Input { name: name.into(), store, scale: 1.0, shift: 0.0, raw }
}

/// Whether bytes stay bytes: there is one map, or one a channel. Where each place has its own, rows are mapped once, since nets of such rows are quick.
fn stays(rule: &ArrayRule) -> bool {
    rule.pairs.len() == 1 || rule.pairs.len() < rule.width && Tones::has_room(rule)
}

/// The numbers of the source, as far as 32 bits hold them.
fn raw(stored: &Stored, rule: &ArrayRule, input: &InputShape) -> Result<Raw, TooMuch> {
    let numbers = (0..stored.len()).map(|i| stored.at(i) as f32);
    let numbers = Storage::F32(memory::collected(stored.len(), numbers)?);
    Ok(Raw { store: Arc::new(Held::new(input.shape.clone(), numbers)), rule: rule.clone() })
}

fn floats(stored: Stored, rule: &ArrayRule) -> Result<Vec<f32>, TooMuch> {
    let mapped = |i: usize, x: f64| rule.apply(i % rule.width, x);
    Ok(match stored {
        Stored::F32(mut floats) => {
            if rule.pairs != [Affine::SAME] {
                floats.iter_mut().enumerate().for_each(|(i, x)| *x = mapped(i, f64::from(*x)));
            }
            floats
        }
        other => memory::collected(other.len(), (0..other.len()).map(|i| mapped(i, other.at(i))))?,
    })
}

fn filed(rows: FileRows, rule: &ArrayRule, input: &InputShape, is_short: bool) -> Input {
    let store = Mapped::new(rows, input.shape.clone(), rule, is_short);
    let pair = match (store.form().numeric, rule.pairs.as_slice()) {
        (Numeric::U8, [pair]) => *pair,
        _ => Affine::SAME,
    };
    let (scale, shift) = (pair.scale as f32, pair.shift as f32);
    Input { name: input.name.clone(), store: Arc::new(store), scale, shift, raw: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::stores::Numbers;

    #[test]
    fn one_map_leaves_bytes_alone() {
        let input = InputShape::new("x", &[2]);
        let rule = |pairs| ArrayRule { width: 2, pairs };
        let third = Affine { scale: 1.0 / 3.0, shift: 0.0 };
        let array = apply(Stored::U8(vec![3, 6]).into(), &rule(vec![third]), &input, false).unwrap();
        assert_eq!((array.store.whole(), array.scale), (Some(Numbers::U8(&[3, 6])), 1.0 / 3.0));
        let array = apply(
            Stored::U8(vec![3, 6]).into(),
            &rule(vec![third, Affine { scale: 1.0, shift: -6.0 }]),
            &input,
            true,
        )
        .unwrap();
        let mut room = [0.0_f32; 2];
        array.store.read(0, bytemuck::cast_slice_mut(&mut room)).unwrap();
        assert_eq!((room, array.scale), ([1.0, 0.0], 1.0));
        assert_eq!(array.unmapped().whole(), Some(Numbers::U8(&[3, 6])));
    }

    /// Pictures with a map a channel take a quarter of the memory of floats, and their numbers are those of floats.
    #[test]
    fn channels_leave_bytes_alone() {
        let input = InputShape::new("x", &[1, 2, 2]);
        let pairs = vec![Affine { scale: 0.5, shift: 1.0 }, Affine { scale: 2.0, shift: -3.0 }];
        let rule = ArrayRule { width: 4, pairs };
        let apply = |data: Stored, keep| apply(data.into(), &rule, &input, keep).unwrap();
        let array = apply(Stored::U8(vec![2, 4, 6, 8]), false);
        assert!(array.store.whole().is_none() && array.raw.is_none());
        let floats = apply(Stored::F32(vec![2.0, 4.0, 6.0, 8.0]), false);
        let mut room = [0.0_f32; 4];
        array.store.read(0, bytemuck::cast_slice_mut(&mut room)).unwrap();
        assert_eq!(floats.store.whole(), Some(Numbers::F32(&room)));
        assert_eq!(room, [2.0, 5.0, 4.0, 13.0]);
        // Where each place has its own map, rows are mapped once, unless the source's numbers are wanted.
        let rule = ArrayRule { width: 4, pairs: vec![Affine::SAME; 4] };
        let of_places = |keep| super::apply(Stored::U8(vec![1; 4]).into(), &rule, &input, keep).unwrap();
        assert_eq!(of_places(false).store.whole(), Some(Numbers::F32(&[1.0; 4])));
        assert!(of_places(true).store.whole().is_none());
    }
}
