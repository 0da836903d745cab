//! How an unknown table is to be read: what stands between fields, where it begins, how numbers are written, what marks gaps.

use crate::data::cleaning::Fill;
use crate::data::digits::Digits;
use crate::data::error::DataError;
use crate::data::gaps::Gaps;
use crate::data::raw::{Delimiter, Unknown};
use crate::data::table::{Missing, Reading};
use crate::data::text::{Record, number, records_behind};

/// Rows that are looked at.
const SAMPLE: usize = 200;
/// Lines before the header, at most.
const PREAMBLE: usize = 12;
/// Different words that may be marks of gaps in a column of numbers.
const MARKS: usize = 3;

/// A way to read the table that gives each row as many fields.
///
/// # Errors
/// E0540 without memory for the columns.
pub(super) fn reading(text: &str, name: &str) -> Result<Reading, DataError> {
    let ways = [
        Delimiter::Byte(b','),
        Delimiter::Byte(b';'),
        Delimiter::Byte(b'\t'),
        Delimiter::Byte(b'|'),
        Delimiter::Whitespace,
    ];
    let sample = |skip: usize, delimiter: Delimiter| -> Result<Vec<Record<'_>>, DataError> {
        let rows = records_behind(text, skip, delimiter).map_err(|e| DataError::from(e).file(name))?;
        Ok(rows.take(SAMPLE).collect())
    };
    let mut found = (0, Delimiter::Byte(b','));
    'search: for skip in 0..PREAMBLE {
        let mut best = 1;
        for delimiter in ways {
            let rows = sample(skip, delimiter)?;
            let width = rows.first().map_or(0, |first| first.count);
            let even = rows.iter().all(|row| row.count == width && row.stray.is_none());
            if even && rows.len() > 1 && width > best {
                (best, found) = (width, (skip, delimiter));
            }
        }
        if best > 1 {
            break 'search;
        }
    }
    let (skip, delimiter) = found;
    let rows = sample(skip, delimiter)?;
    let digits = digits(&rows, delimiter);
    let header = rows.first().is_some_and(|first| {
        !first.fields.iter().any(|cell| digits.number(&cell.text).is_some()) && rows.len() > 1
    });
    let gaps = gaps(&rows[usize::from(header).min(rows.len())..], digits);
    Ok(Reading {
        header,
        delimiter,
        missing: Missing::Error,
        fill: Fill::Mean,
        unknown: Unknown::Error,
        gaps,
        words: Vec::new(),
        digits,
        skip,
    })
}

/// The notation in which most cells are numbers; of equals the usual one.
fn digits(rows: &[Record<'_>], delimiter: Delimiter) -> Digits {
    let of = |comma, thousands| Digits { comma, thousands };
    let mut ways = vec![
        Digits::default(),
        of(true, None),
        of(true, Some('.')),
        of(true, Some(' ')),
        of(false, Some(',')),
        of(false, Some(' ')),
        of(false, Some('\'')),
    ];
    // A comma that had to be quoted is one between groups.
    if delimiter == Delimiter::Byte(b',') {
        ways.swap(1, 4);
    }
    let numbers = |digits: &Digits| {
        let cells = rows.iter().flat_map(|row| &row.fields);
        cells.filter(|cell| digits.number(&cell.text).is_some()).count()
    };
    let counted = ways.into_iter().map(|digits| (numbers(&digits), digits));
    // The last of equals is taken, so the usual one comes last.
    counted.rev().max_by_key(|(count, _)| *count).map_or(Digits::default(), |(_, digits)| digits)
}

/// The usual marks, or those of columns in which few different words stand among numbers, with the usual ones that occur.
fn gaps(rows: &[Record<'_>], digits: Digits) -> Gaps {
    let width = rows.first().map_or(0, |row| row.fields.len());
    let mut marks: Vec<String> = Vec::new();
    let mut usual: Vec<String> = Vec::new();
    for column in 0..width {
        let (mut numbers, mut odd) = (0, Vec::new());
        for cell in rows.iter().filter_map(|row| row.fields.get(column)) {
            match digits.number(&cell.text) {
                _ if cell.text.is_empty() => {}
                Some(_) => numbers += 1,
                None if Gaps::Usual.among_numbers(cell) => push(&mut usual, &cell.text),
                None => push(&mut odd, &cell.text),
            }
        }
        let different = odd.len();
        let are_marks = (1..=MARKS).contains(&different) && numbers > rows.len() / 2;
        if are_marks && odd.iter().all(|mark| number(mark).is_none() && is_short(mark)) {
            odd.iter().for_each(|mark| push(&mut marks, mark));
        }
    }
    match marks.is_empty() {
        true => Gaps::Usual,
        false => {
            usual.iter().for_each(|mark| push(&mut marks, mark));
            Gaps::named(marks)
        }
    }
}

/// A mark, and not a number that is written in another way.
fn is_short(mark: &str) -> bool {
    mark.chars().count() <= 12 && !mark.contains(|c: char| c.is_ascii_digit())
}

fn push(list: &mut Vec<String>, word: &str) {
    if !list.iter().any(|known| known == word) {
        list.push(word.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Delimiter, usize, bool, Digits, Gaps) {
        let found = reading(text, "t.csv").unwrap();
        (found.delimiter, found.skip, found.header, found.digits, found.gaps)
    }

    #[test]
    fn tables_are_read_as_they_are_written() {
        let plain = Digits::default();
        let german = Digits { comma: true, thousands: Some('.') };
        let (comma, semicolon) = (Delimiter::Byte(b','), Delimiter::Byte(b';'));
        assert_eq!(of("a,b\n1,2\n3,4\n"), (comma, 0, true, plain, Gaps::Usual));
        assert_eq!(of("1,2\n3,4\n"), (comma, 0, false, plain, Gaps::Usual));
        assert_eq!(of("a;b\n1,5;2\n1.234,5;x\n"), (semicolon, 0, true, german, Gaps::Usual));
        assert_eq!(of("made by hand\n\na\tb\n1\t2\n"), (Delimiter::Byte(b'\t'), 1, true, plain, Gaps::Usual));
        assert_eq!(of("1 2  3\n4 5 6\n").0, Delimiter::Whitespace);
        let marked = of("a,b\n1,x\n2,NA\n3,x\n-,x\n4,y\n");
        assert_eq!(marked.4, Gaps::named(vec!["-".into(), "NA".into()]));
        assert_eq!(of("a,b\n\"1,234\",x\n\"2,345\",y\n").3, Digits { comma: false, thousands: Some(',') });
    }
}
