//! Raw rows as a program has them.

use serde_json::Value;

use super::error::Error;

/// A cell of a raw row.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// A finite number, in the units of the table.
    Number(f64),
    /// A category, or a text.
    Word(String),
    /// Nothing is known: the column's filling stands for it, if the net was trained with one.
    Gap,
}

/// What can be a raw row: lists of [`Cell`]s and of what is one (numbers, words, `None` for a gap).
pub trait Row {
    /// Its cells, in the order of the columns that the net reads.
    fn cells(self) -> Vec<Cell>;
}

impl<R: IntoIterator> Row for R
where
    R::Item: Into<Cell>,
{
    fn cells(self) -> Vec<Cell> {
        self.into_iter().map(Into::into).collect()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for Cell {
            fn from(x: $number) -> Self {
                Self::Number(f64::from(x))
            }
        }

        impl From<&$number> for Cell {
            fn from(x: &$number) -> Self {
                Self::Number(f64::from(*x))
            }
        })*
    };
}

numbers!(f64, f32, i32, u32, i16, u16, i8, u8);

impl From<&str> for Cell {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl From<&&str> for Cell {
    fn from(word: &&str) -> Self {
        Self::Word((*word).to_owned())
    }
}

impl From<String> for Cell {
    fn from(word: String) -> Self {
        Self::Word(word)
    }
}

impl From<&String> for Cell {
    fn from(word: &String) -> Self {
        Self::Word(word.clone())
    }
}

impl From<&Cell> for Cell {
    fn from(cell: &Cell) -> Self {
        cell.clone()
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Gap, Into::into)
    }
}

/// Whole numbers that a 64-bit float holds all of.
const WHOLE: f64 = 9_007_199_254_740_992.0;

impl Cell {
    /// As the reader of rows takes it; `place` says which it is, counted from 1.
    pub(super) fn value(&self, place: (usize, usize)) -> Result<Value, Error> {
        match self {
            Self::Gap => Ok(Value::Null),
            Self::Word(word) => Ok(Value::from(word.as_str())),
            // A category that is called 3 is not called 3.0.
            Self::Number(x) if x.fract() == 0.0 && x.abs() < WHOLE => Ok(Value::from(*x as i64)),
            Self::Number(x) if x.is_finite() => Ok(Value::from(*x)),
            Self::Number(x) => Err(Error::request(format!(
                "cell {} of row {} is {x}, and a cell is a finite number\nhelp: what is not known is `Cell::Gap`, or `None`",
                place.1, place.0
            ))),
        }
    }
}
