//! Raw arrays to the rows that a net reads: the affine map, made once for all parts.

use std::sync::Arc;

use super::dataset::{Input, Raw, Storage};
use super::inputs::{Inputs, Precision};
use super::raw::Stored;
use super::stores::{Mapped, Numeric, RowStore as _};
use super::transform::{Affine, ArrayRule, InputShape};
use crate::memory::{self, TooMuch};

/// Bytes with one map for all elements stay bytes; all else becomes mapped floats, of rows in a file when they are read.
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
    let stay = rule.pairs == [Affine::SAME] || data.precision() == Precision::Byte && rule.pairs.len() == 1;
    let raw = (keep && !stay).then(|| raw(&data, rule, input)).transpose()?;
    let mapped = mapped(data, rule, input)?;
    Ok(Input { raw, ..mapped })
}

/// The numbers of the source: bytes, or what 32 bits hold of them.
fn raw(data: &Inputs, rule: &ArrayRule, input: &InputShape) -> Result<Raw, TooMuch> {
    let same = ArrayRule { width: rule.width, pairs: vec![Affine::SAME] };
    let kept = match data {
        Inputs::Held(Stored::U8(bytes)) => {
            Inputs::from(Stored::U8(memory::collected(bytes.len(), bytes.iter().copied())?))
        }
        Inputs::Held(Stored::F32(floats)) => {
            Inputs::from(Stored::F32(memory::collected(floats.len(), floats.iter().copied())?))
        }
        Inputs::Held(Stored::F64(floats)) => {
            Inputs::from(Stored::F32(memory::collected(floats.len(), floats.iter().map(|x| *x as f32))?))
        }
        Inputs::Filed { rows, is_short } => Inputs::Filed { rows: rows.clone(), is_short: *is_short },
        Inputs::Texts(texts) => Inputs::Texts(texts.clone()),
        Inputs::Stream(stream) => Inputs::Stream(stream.clone()),
    };
    Ok(Raw { store: mapped(kept, &same, input)?.store, rule: rule.clone() })
}

fn mapped(data: Inputs, rule: &ArrayRule, input: &InputShape) -> Result<Input, TooMuch> {
    Ok(match data {
        Inputs::Held(stored) => held(stored, rule, input)?,
        // They become tokens, and no numbers that a rule maps.
        Inputs::Texts(_) | Inputs::Stream(_) => Input::floats(&input.name, &input.shape, Vec::new()),
        Inputs::Filed { rows, is_short } => {
            let store = Mapped::new(rows, input.shape.clone(), rule, is_short);
            let pair = match (store.form().numeric, rule.pairs.as_slice()) {
                (Numeric::U8, [pair]) => *pair,
                _ => Affine::SAME,
            };
            let (scale, shift) = (pair.scale as f32, pair.shift as f32);
            Input { name: input.name.clone(), store: Arc::new(store), scale, shift, raw: None }
        }
    })
}

fn held(data: Stored, rule: &ArrayRule, input: &InputShape) -> Result<Input, TooMuch> {
    let (data, Affine { scale, shift }) = match (data, rule.pairs.as_slice()) {
        (Stored::U8(bytes), [pair]) => (Storage::U8(bytes), *pair),
        (Stored::U8(bytes), _) => {
            let mapped = bytes.iter().enumerate().map(|(i, b)| rule.apply(i % rule.width, f64::from(*b)));
            (Storage::F32(memory::collected(bytes.len(), mapped)?), Affine::SAME)
        }
        (Stored::F64(floats), _) => {
            let mapped = floats.iter().enumerate().map(|(i, x)| rule.apply(i % rule.width, *x));
            (Storage::F32(memory::collected(floats.len(), mapped)?), Affine::SAME)
        }
        (Stored::F32(mut floats), pairs) => {
            if pairs != [Affine::SAME] {
                floats
                    .iter_mut()
                    .enumerate()
                    .for_each(|(i, x)| *x = rule.apply(i % rule.width, f64::from(*x)));
            }
            (Storage::F32(floats), Affine::SAME)
        }
    };
    Ok(Input::held(&input.name, &input.shape, data, (scale as f32, shift as f32)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::stores::Numbers;

    #[test]
    fn one_map_leaves_bytes_alone() {
        let input = InputShape { name: "x".into(), shape: vec![2] };
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
        assert_eq!((array.store.whole(), array.scale), (Some(Numbers::F32(&[1.0, 0.0])), 1.0));
        assert_eq!(array.unmapped().whole(), Some(Numbers::U8(&[3, 6])));
    }
}
