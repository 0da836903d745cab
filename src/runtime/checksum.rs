//! Checksums of what a checkpoint holds and of what a net was trained on: XXH3, 64 bits, as sixteen hexadecimal digits in JSON.
//!
//! They notice bits that turned, and tell one set of parameters or rows from another. They are no defence against somebody who can
//! write the file: whatever is read is held against the net besides.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::container::Tensor;
use crate::{
    data::{DataError, Observed, Part},
    draws::mix64,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checksum(u64);

/// What a checkpoint says of its own contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksums {
    /// Of every tensor: name, dimensions, bytes.
    pub all: Checksum,
    /// Of those that prediction reads: parameters and running statistics.
    pub prediction: Checksum,
    /// Of the description beside them, without these three.
    pub description: Checksum,
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Checksum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let parsed = u64::from_str_radix(&text, 16).ok().filter(|_| digits);
        let wrong = || serde::de::Error::custom(format!("`{text}` is no checksum"));
        parsed.map(Checksum).ok_or_else(wrong)
    }
}

impl Checksum {
    /// Of text.
    pub fn of_text(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// Of a whole file.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(xxh3_64(bytes))
    }

    /// Of tensors with their names, in the order of the names.
    pub fn of_tensors<'a>(tensors: impl Iterator<Item = (&'a String, &'a Tensor<'a>)>) -> Self {
        Self::folded(tensors.map(|(name, tensor)| of_tensor(name, tensor)))
    }

    fn folded(values: impl Iterator<Item = u64>) -> Self {
        Self(values.fold(0, |so_far, value| mix64(so_far ^ value)))
    }

    /// Of the rows of a part: one value for each row with its target, folded in the order of the rows. Of larger pictures, which the net sees cut, all
    /// of each counts; of pictures that stay in their files the size and fixed pieces ([`RowStore::stamp`](crate::data::RowStore::stamp)).
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn of_rows(part: &Part) -> Result<Self, DataError> {
        let mut bytes = Vec::new();
        let mut folded = mix64(part.rows() as u64);
        for (row, number) in part.numbers().iter().enumerate() {
            bytes.clear();
            for input in &part.inputs {
                input.entire().stamp(*number as usize, &mut bytes)?;
            }
            match part.observed(row) {
                Observed::Class(class) => bytes.extend_from_slice(&class.to_le_bytes()),
                Observed::Real(numbers) | Observed::Bits(numbers) => {
                    bytes.extend_from_slice(bytemuck::cast_slice(numbers));
                }
                Observed::Tokens(tokens) => bytes.extend_from_slice(bytemuck::cast_slice(tokens)),
            }
            folded = mix64(folded ^ xxh3_64(&bytes));
        }
        Ok(Self(folded))
    }
}

fn of_tensor(name: &str, tensor: &Tensor<'_>) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&(name.len() as u64).to_le_bytes());
    hash.update(name.as_bytes());
    hash.update(&(tensor.dims.len() as u64).to_le_bytes());
    for dim in &tensor.dims {
        hash.update(&(*dim as u64).to_le_bytes());
    }
    hash.update(tensor.data.bytes());
    hash.digest()
}

/// The field of a description that holds its checksums.
const FIELD: &str = "checksums";

impl Checksums {
    /// Of tensors; `for_prediction` tells which of them prediction reads.
    pub fn of(
        tensors: &BTreeMap<String, Tensor<'_>>,
        for_prediction: impl Fn(&str, &Tensor<'_>) -> bool,
        description: &Json,
    ) -> Self {
        let each: Vec<(bool, u64)> =
            tensors.iter().map(|(name, t)| (for_prediction(name, t), of_tensor(name, t))).collect();
        let prediction = each.iter().filter(|(is, _)| *is);
        Self {
            all: Checksum::folded(each.iter().map(|(_, sum)| *sum)),
            prediction: Checksum::folded(prediction.map(|(_, sum)| *sum)),
            description: Checksum::of_text(&description.to_string()),
        }
    }

    /// Puts them into a description.
    pub fn add_to(self, description: &mut Json) -> serde_json::Result<()> {
        description[FIELD] = serde_json::to_value(self)?;
        Ok(())
    }

    /// Takes them out of a description.
    pub fn take_from(description: &mut Json) -> Option<Self> {
        let found = description.as_object_mut()?.remove(FIELD)?;
        serde_json::from_value(found).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Input, Target};
    use crate::runtime::container::Numbers;

    fn tensors(edit: impl FnOnce(&mut BTreeMap<String, Tensor<'static>>)) -> Checksum {
        let tensor = |dims: &[usize], data: &[f32]| Tensor {
            dims: dims.to_vec(),
            data: Numbers::F32(data.to_vec().into()),
        };
        let mut all = BTreeMap::from([
            ("a".to_string(), tensor(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])),
            ("b".to_string(), tensor(&[1], &[0.0])),
        ]);
        edit(&mut all);
        Checksum::of_tensors(all.iter())
    }

    #[test]
    fn names_dimensions_and_every_bit_count() {
        let whole = tensors(|_| {});
        assert_eq!(whole, tensors(|_| {}));
        let other = [
            tensors(|t| t.get_mut("a").unwrap().dims = vec![3, 2]),
            tensors(|t| t.get_mut("b").unwrap().data = Numbers::F32(vec![-0.0].into())),
            tensors(|t| drop(t.remove("b"))),
            tensors(|t| {
                let b = t.remove("b").unwrap();
                t.insert("c".into(), b);
            }),
        ];
        assert!(other.iter().all(|sum| *sum != whole), "{other:?}");
    }

    #[test]
    fn rows_count_in_their_order_and_with_their_targets() {
        let part = |x: &[f32], y: &[u32]| {
            Part::of_first(y.len(), vec![Input::floats("x", &[2], x.to_vec())], Target::Classes(y.to_vec()))
        };
        let sum = |x: &[f32], y: &[u32]| Checksum::of_rows(&part(x, y)).unwrap();
        let whole = sum(&[1.0, 2.0, 3.0, 4.0], &[0, 1]);
        assert_eq!(whole, sum(&[1.0, 2.0, 3.0, 4.0], &[0, 1]));
        assert_ne!(whole, sum(&[1.0, 2.0, 3.0, 4.0], &[1, 0]), "labels turned round");
        assert_ne!(whole, sum(&[3.0, 4.0, 1.0, 2.0], &[1, 0]), "the same rows in another order");
        assert_ne!(whole, sum(&[1.0, 2.0], &[0]), "a row less");
    }

    #[test]
    fn json_holds_sixteen_digits() {
        let sum = Checksum(0x0123);
        assert_eq!(serde_json::to_string(&sum).unwrap(), "\"0000000000000123\"");
        assert_eq!(serde_json::from_str::<Checksum>("\"0000000000000123\"").unwrap(), sum);
        for wrong in ["\"123\"", "\"00000000000+0123\"", "291", "\"g000000000000123\""] {
            assert!(serde_json::from_str::<Checksum>(wrong).is_err(), "{wrong}");
        }
    }
}
