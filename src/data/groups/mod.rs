//! `split by=COLUMN`: rows of one value of a column are a group, and a group stands in one part.
//!
//! Shares and counts are of rows, met as closely as whole groups allow (`take.rs`). Invariants: every row of a group is in the same part, or in none; a part
//! that is asked for has a group; the test part is chosen first, so that it stays the same whatever becomes of the validation rows.

mod take;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use super::config::{Choosing, Division, Share, Split};
use super::divide::{Parts, SPARED, Sizes, resolve};
use super::draw::shuffled;
use super::error::{DataError, counted, cut, listed, nearest};
use super::raw::{Cells, Column, label_order};
use super::schema::Grouped;
use super::text::number;
use crate::vocab::exactly;

/// The groups of a table's rows.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    column: String,
    /// In the order of their values: numbers by size, then words by their letters.
    names: Vec<String>,
    /// The group of each row.
    of_row: Vec<u32>,
    /// Rows of each group.
    sizes: Vec<usize>,
}

/// Which groups are in which part.
#[derive(Debug, Default)]
struct Dealt {
    train: Vec<u32>,
    valid: Vec<u32>,
    test: Vec<u32>,
}

/// From here on two whole numbers may be one in 64 bits: they are told apart by their digits.
const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;

/// Groups that are named in a message.
const SHOWN: usize = 12;

impl Groups {
    /// Of the cells of a column, none of which is missing. Where all are numbers, 1 and 1.0 are one group.
    pub fn of(column: &Column) -> Self {
        let (codes, words) = coded(&column.cells);
        let value = |word: &String| number(word).filter(|x| x.abs() < EXACT).map(|x| exactly(x + 0.0)); // -0 counts as 0
        let values = words.iter().map(value).collect::<Option<Vec<String>>>().unwrap_or(words);
        let mut occurs = vec![false; values.len()];
        codes.iter().for_each(|code| occurs[*code as usize] = true);
        let used = values.iter().zip(occurs).filter(|(_, occurs)| *occurs);
        let mut names: Vec<String> = used.map(|(value, _)| value.clone()).collect();
        names.sort_by(|a, b| label_order(a, b));
        names.dedup();
        let place: FxHashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
        let of_code: Vec<u32> = values.iter().map(|v| place.get(v.as_str()).copied().unwrap_or(0)).collect();
        let of_row: Vec<u32> = codes.iter().map(|code| of_code[*code as usize]).collect();
        let mut sizes = vec![0; names.len()];
        of_row.iter().for_each(|group| sizes[*group as usize] += 1);
        Self { column: column.name.clone(), names, of_row, sizes }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// How many of them are in each part.
    pub fn grouped(&self, parts: &Parts) -> Grouped {
        let among = |rows: &[u32]| {
            let mut seen = vec![false; self.count()];
            rows.iter().for_each(|row| seen[self.of_row[*row as usize] as usize] = true);
            seen.into_iter().filter(|seen| *seen).count()
        };
        Grouped {
            column: self.column.clone(),
            train: among(&parts.train),
            valid: among(&parts.valid),
            test: among(&parts.test),
        }
    }

    /// Divides the rows, group by group.
    ///
    /// # Errors
    /// E0534: fewer groups than parts or folds, a group that is not there, groups that are not one stretch of time each.
    pub fn divide(&self, split: &Split) -> Result<Parts, DataError> {
        let mut dealt = match &split.division {
            Division::Shares { train, test } => self.shares(split, 0, *train, *test)?,
            Division::Repeats { fold, test, .. } => self.shares(split, *fold as u64, None, Some(*test))?,
            Division::Folds { folds, fold } if split.forward => self.onward(split, *folds, *fold)?,
            Division::Folds { folds, fold } => self.fold(split, *folds, *fold)?,
            Division::Named { valid, test } => self.named(split, valid, test)?,
            // The statement refuses `by` beside index files.
            Division::Given { .. } => return Err(DataError::new("E0534", "index files name no groups")),
        };
        match split.choosing {
            Choosing::Needed if dealt.valid.is_empty() => self.spare(&mut dealt, split)?,
            Choosing::Done => dealt.train.append(&mut dealt.valid),
            Choosing::Needed | Choosing::Written => {}
        }
        Ok(self.rows_of(&dealt))
    }

    /// The groups in the order in which parts take them; forward in time and without a shuffle that of their first rows.
    fn order(&self, split: &Split, coordinate: u64) -> Result<Vec<u32>, DataError> {
        if split.shuffle {
            let all: Vec<u32> = (0..self.count() as u32).collect();
            return Ok(shuffled(&all, split.seed, "groups", &[coordinate]));
        }
        let mut met = vec![false; self.count()];
        let mut order = Vec::with_capacity(self.count());
        for (row, group) in self.of_row.iter().enumerate() {
            if !std::mem::replace(&mut met[*group as usize], true) {
                order.push(*group);
            } else if split.forward && self.of_row[row - 1] != *group {
                return Err(self.interrupted(*group, row));
            }
        }
        Ok(order)
    }

    /// Shares one after another: test, validation, training.
    fn shares(
        &self,
        split: &Split,
        coordinate: u64,
        train: Option<Share>,
        test: Option<Share>,
    ) -> Result<Dealt, DataError> {
        let n = self.of_row.len();
        let Sizes { train, valid, test } = Sizes::of(n, train, split.valid, test)?;
        let leaves_out = train.is_some_and(|train| train + valid + test < n);
        self.enough(1 + usize::from(valid > 0) + usize::from(test > 0), "parts")?;
        let mut pool = self.order(split, coordinate)?;
        let test = match test {
            0 => Vec::new(),
            rows => self.take(&mut pool, rows, 1 + usize::from(valid > 0), split),
        };
        let valid = if valid > 0 { self.take(&mut pool, valid, 1, split) } else { Vec::new() };
        let train = match train {
            Some(rows) if leaves_out => self.take(&mut pool, rows, 0, split),
            _ => pool,
        };
        Ok(Dealt { train, valid, test })
    }

    /// Each group is tested in one fold. With as many folds as groups fold k tests the k-th of their values; else the largest are dealt first,
    /// each to the fold that has the fewest rows.
    fn fold(&self, split: &Split, folds: usize, fold: usize) -> Result<Dealt, DataError> {
        self.enough(folds, "folds")?;
        let order = self.order(split, 0)?;
        let of_group = match folds == self.count() {
            true => (0..folds).collect(),
            false => self.balanced(&order, folds),
        };
        let (test, mut rest): (Vec<u32>, Vec<u32>) =
            order.into_iter().partition(|group| of_group[*group as usize] == fold - 1);
        let valid = self.carve(&mut rest, split)?;
        Ok(Dealt { train: rest, valid, test })
    }

    /// The fold of each group.
    fn balanced(&self, order: &[u32], folds: usize) -> Vec<usize> {
        let mut largest_first = order.to_vec();
        largest_first.sort_by_key(|group| std::cmp::Reverse(self.sizes[*group as usize]));
        let (mut rows, mut of_group) = (vec![0; folds], vec![0; self.count()]);
        for group in largest_first {
            let fewest = (0..folds).min_by_key(|fold| rows[*fold]).unwrap_or(0);
            rows[fewest] += self.sizes[group as usize];
            of_group[group as usize] = fewest;
        }
        of_group
    }

    /// Forward in time: stretches of whole groups, as equal as they can be; those up to the fold's number are trained on, the next is tested.
    fn onward(&self, split: &Split, folds: usize, fold: usize) -> Result<Dealt, DataError> {
        self.enough(folds + 1, &format!("stretches for {folds} folds forward in time"))?;
        let order = self.order(split, 0)?;
        let mut ends = Vec::with_capacity(folds + 1);
        let (mut at, mut rows) = (0, 0);
        for stretch in 1..=folds {
            let (wanted, last) =
                (stretch * self.of_row.len() / (folds + 1), order.len() - (folds + 1 - stretch));
            let first = at;
            while at < last {
                let with = rows + self.sizes[order[at] as usize];
                if at > first && with.abs_diff(wanted) >= rows.abs_diff(wanted) {
                    break;
                }
                (at, rows) = (at + 1, with);
            }
            ends.push(at);
        }
        ends.push(order.len());
        let mut train = order[..ends[fold - 1]].to_vec();
        let valid = self.carve(&mut train, split)?;
        Ok(Dealt { train, valid, test: order[ends[fold - 1]..ends[fold]].to_vec() })
    }

    /// The groups that the file names; the others are trained on, but for a share that is for validation.
    fn named(&self, split: &Split, valid: &[String], test: &[String]) -> Result<Dealt, DataError> {
        let mut part = vec![0; self.count()];
        for (number, names) in [(1, valid), (2, test)] {
            for name in names {
                let group = self.find(name)?;
                if std::mem::replace(&mut part[group], number) != 0 {
                    return Err(DataError::new("E0534", format!("`split` names `{}` twice", cut(name)))
                        .note(format!("it is one group of `{}`", self.column))
                        .help("name each group once, for one part"));
                }
            }
        }
        let order = self.order(split, 0)?;
        let of =
            |number: i32| order.iter().copied().filter(|g| part[*g as usize] == number).collect::<Vec<u32>>();
        let (mut train, mut valid, test) = (of(0), of(1), of(2));
        if train.is_empty() {
            return Err(DataError::new("E0534", "no group is left to train on")
                .note(format!("the lists of `split` name all {}", self.counted())));
        }
        valid.extend(self.carve(&mut train, split)?);
        Ok(Dealt { train, valid, test })
    }

    fn find(&self, name: &str) -> Result<usize, DataError> {
        let value = number(name).map(|x| exactly(x + 0.0));
        let is_it = |known: &String| known == name || Some(known) == value.as_ref();
        self.names.iter().position(is_it).ok_or_else(|| {
            let error =
                DataError::new("E0534", format!("no group of `{}` is called `{}`", self.column, cut(name)));
            match nearest(name, &self.names) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.note(format!("the groups are {}", listed(&self.names, SHOWN))),
            }
        })
    }

    /// Where something has to be chosen and the file divides no validation rows off. The order is another than that of the test part.
    fn spare(&self, dealt: &mut Dealt, split: &Split) -> Result<(), DataError> {
        let order = self.order(split, u64::MAX)?;
        let mut rest: Vec<u32> = order.into_iter().filter(|group| dealt.train.contains(group)).collect();
        let share = Split { valid: Some(Share::Fraction(SPARED)), ..split.clone() };
        dealt.valid = self.carve(&mut rest, &share)?;
        dealt.train = rest;
        Ok(())
    }

    /// Takes the validation groups from those that are not for testing.
    fn carve(&self, rest: &mut Vec<u32>, split: &Split) -> Result<Vec<u32>, DataError> {
        let Some(share) = split.valid else { return Ok(Vec::new()) };
        let rows = rest.iter().map(|group| self.sizes[*group as usize]).sum();
        let size = resolve(share, rows, "valid")?;
        if rest.len() < 2 || size >= rows {
            return Err(DataError::new("E0534", "the validation part leaves nothing to train on").note(
                format!(
                    "valid {size}, of {} in {} of `{}` outside the test part",
                    counted(rows, "row"),
                    counted(rest.len(), "group"),
                    self.column
                ),
            ));
        }
        Ok(self.take(rest, size, 1, split))
    }

    /// Takes groups of about so many rows out of those that are left, and leaves `keep` of them. In an order that is kept they are the last
    /// ones.
    fn take(&self, pool: &mut Vec<u32>, rows: usize, keep: usize, split: &Split) -> Vec<u32> {
        let size = |group: u32| self.sizes[group as usize];
        let most = pool.len().saturating_sub(keep).max(1);
        if !split.shuffle {
            let (mut sum, mut from) = (0, pool.len());
            while pool.len() - from < most {
                let with = sum + size(pool[from - 1]);
                if sum > 0 && with.abs_diff(rows) >= sum.abs_diff(rows) {
                    break;
                }
                (from, sum) = (from - 1, with);
            }
            return pool.split_off(from);
        }
        let sizes: Vec<usize> = pool.iter().map(|group| size(*group)).collect();
        let taken: Vec<u32> = take::about(rows, &sizes, most).into_iter().map(|place| pool[place]).collect();
        let mut is_taken = vec![false; self.count()];
        taken.iter().for_each(|group| is_taken[*group as usize] = true);
        pool.retain(|group| !is_taken[*group as usize]);
        taken
    }

    fn rows_of(&self, dealt: &Dealt) -> Parts {
        let mut part = vec![0_u8; self.count()];
        for (number, groups) in [(1, &dealt.train), (2, &dealt.valid), (3, &dealt.test)] {
            groups.iter().for_each(|group| part[*group as usize] = number);
        }
        let rows = |number: u8| {
            let of = (0..).zip(&self.of_row).filter(|(_, group)| part[**group as usize] == number);
            of.map(|(row, _)| row).collect()
        };
        Parts { train: rows(1), valid: rows(2), test: rows(3) }
    }

    /// Whether there is a group for each of so many parts, folds or stretches.
    fn enough(&self, wanted: usize, what: &str) -> Result<(), DataError> {
        if wanted <= self.count() {
            return Ok(());
        }
        let error = DataError::new("E0534", format!("{} cannot make {wanted} {what}", self.counted()))
            .note("a group stands whole in one part");
        Err(match (what, self.count()) {
            (_, 1) => error.help("name a column with more values in `by`"),
            ("folds", most) => error.help(format!("write `folds={most}` or fewer")),
            _ => error.help("ask for fewer parts, or name a column with more values in `by`"),
        })
    }

    /// `5 groups of `speaker``
    fn counted(&self) -> String {
        format!("{} of `{}`", counted(self.count(), "group"), self.column)
    }

    fn interrupted(&self, group: u32, row: usize) -> DataError {
        let name = &self.names[group as usize];
        let before = (0..row).rev().find(|at| self.of_row[*at] == group).unwrap_or(0);
        DataError::new("E0534", format!("the rows of `{}` are not one stretch of time", cut(name)))
            .row(row)
            .note(format!("its row {} comes before rows of other groups of `{}`", before + 1, self.column))
            .help("leave `forward` out, or sort the rows so that each group is one stretch")
    }
}

/// A number for each row, and what they stand for.
fn coded(cells: &Cells) -> (Vec<u32>, Vec<String>) {
    match cells {
        Cells::Words { codes, names } => (codes.clone(), names.clone()),
        Cells::Numbers(values) => {
            let mut known: FxHashMap<u64, u32> = FxHashMap::default();
            let mut names = Vec::new();
            let codes = values.iter().map(|x| {
                *known.entry(x.to_bits()).or_insert_with(|| {
                    names.push(exactly(*x));
                    names.len() as u32 - 1
                })
            });
            (codes.collect(), names)
        }
    }
}
