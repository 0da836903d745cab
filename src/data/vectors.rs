//! Files of word vectors, as GloVe, word2vec and fastText write them: a word and its numbers a line, the first line perhaps saying how many there are.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use rustc_hash::FxHashMap;

use super::error::{DataError, counted, cut};
use super::files::GZIP;

/// Vectors of some tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    /// The numbers of the tokens that have one.
    pub rows: Vec<usize>,
    /// As many numbers for each.
    pub numbers: Vec<f32>,
    /// How many tokens were sought.
    pub sought: usize,
}

/// The tokens that are sought.
struct Sought<'n> {
    /// By what they are.
    own: FxHashMap<&'n str, usize>,
    /// By their small letters, which are tried where they have no vector of their own.
    small: FxHashMap<String, Vec<usize>>,
}

/// Where a token's vector lies among those found, and whether it is its own.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    is_own: bool,
}

/// The vectors of tokens by their names; a token with capitals that has none takes the one of its small letters. Of several of one word the first counts.
///
/// # Errors
/// E0520 for a file that cannot be read, E0522 for vectors of another width, E0523 for what is no finite number, each with its line.
pub fn read(path: &Path, name: &str, names: &[String], width: usize) -> Result<Vectors, DataError> {
    let unread = |e: std::io::Error| {
        DataError::new("E0520", "the vectors cannot be read").file(name).note(e.to_string())
    };
    let mut lines = open(path).map_err(unread)?;
    let sought = Sought::new(names);
    let mut places: Vec<Option<Place>> = vec![None; names.len()];
    let mut found = Vectors { sought: sought.own.len(), ..Vectors::default() };
    let (mut line, mut bytes) = (0, Vec::new());
    loop {
        bytes.clear();
        if lines.read_until(b'\n', &mut bytes).map_err(unread)? == 0 {
            return Ok(found);
        }
        line += 1;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end();
        if text.is_empty() || line == 1 && is_header(text) {
            continue;
        }
        let (word, numbers) = divided(text, width).map_err(|e| e.file(name).line(line))?;
        let wanted = sought.of(word).filter(|(row, is_own)| match places[*row] {
            None => true,
            Some(place) => *is_own && !place.is_own,
        });
        let wanted: Vec<(usize, bool)> = wanted.collect();
        if wanted.is_empty() {
            continue;
        }
        let numbers = parsed(&numbers).map_err(|e| e.file(name).line(line))?;
        for (row, is_own) in wanted {
            let at = match places[row] {
                Some(place) => place.at,
                None => {
                    found.rows.push(row);
                    found.numbers.resize(found.numbers.len() + width, 0.0);
                    found.rows.len() - 1
                }
            };
            found.numbers[at * width..(at + 1) * width].copy_from_slice(&numbers);
            places[row] = Some(Place { at, is_own });
        }
    }
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = File::open(path)?;
    let mut magic = Vec::new();
    file.by_ref().take(GZIP.len() as u64).read_to_end(&mut magic)?;
    file.rewind()?;
    Ok(match magic == GZIP {
        true => Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file)))),
        false => Box::new(BufReader::new(file)),
    })
}

impl<'n> Sought<'n> {
    fn new(names: &'n [String]) -> Self {
        let mut sought = Self { own: FxHashMap::default(), small: FxHashMap::default() };
        // Marks have no names.
        for (row, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            sought.own.insert(name, row);
            let small = name.to_lowercase();
            if small != *name {
                sought.small.entry(small).or_default().push(row);
            }
        }
        sought
    }

    /// The tokens that a word's vector may be for, and whether it is their own.
    fn of(&self, word: &str) -> impl Iterator<Item = (usize, bool)> {
        let own = self.own.get(word).map(|row| (*row, true));
        let small = self.small.get(word).into_iter().flatten().map(|row| (*row, false));
        own.into_iter().chain(small)
    }
}

/// `400000 300`: how many words, and how many numbers each has.
fn is_header(line: &str) -> bool {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    fields.len() == 2 && fields.iter().all(|field| field.parse::<usize>().is_ok())
}

/// The word of a line, which may hold spaces, and the `width` fields behind it.
fn divided(line: &str, width: usize) -> Result<(&str, Vec<&str>), DataError> {
    let mut fields: Vec<&str> = line.rsplitn(width + 1, [' ', '\t']).collect();
    let word = fields.pop().unwrap_or_default();
    fields.reverse();
    // What stands in front of the numbers and is one itself belongs to a longer vector.
    let last = word.rsplit([' ', '\t']).next().unwrap_or_default();
    let longer = last.len() < word.len() && last.parse::<f32>().is_ok();
    if fields.len() == width && !longer {
        return Ok((word, fields));
    }
    let there = line.split_ascii_whitespace().count().saturating_sub(1);
    Err(DataError::new("E0522", format!("{} where the embedding has {width}", counted(there, "number")))
        .help(format!("write `embedding {there}`, or name a file of vectors of {width} numbers")))
}

fn parsed(fields: &[&str]) -> Result<Vec<f32>, DataError> {
    let number = |field: &&str| {
        let number = field.parse::<f32>().ok().filter(|x| x.is_finite());
        number.ok_or_else(|| DataError::new("E0523", format!("`{}` is not a number", cut(field))))
    };
    fields.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn of(text: &[u8], names: &[&str], width: usize) -> Result<Vectors, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("v.txt");
        std::fs::write(&path, text).expect("the file");
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        read(&path, "v.txt", &names, width).map_err(|error| error.to_string())
    }

    #[test]
    fn tokens_take_the_vectors_of_their_names() {
        let text = b"good 1 2\nGood 3 4\nnew york 5 6\ngood 7 8\nbad -1 .5\n\xff\xfe 0 0\nfilm 9 9\n";
        let names = ["", "", "Good", "GOOD", "bad", "new york", "missing"];
        let found = of(text, &names, 2).expect("vectors");
        let by_row: std::collections::BTreeMap<usize, &[f32]> =
            found.rows.iter().copied().zip(found.numbers.chunks_exact(2)).collect();
        let expected: [(usize, &[f32]); 4] =
            [(2, &[3.0, 4.0]), (3, &[1.0, 2.0]), (4, &[-1.0, 0.5]), (5, &[5.0, 6.0])];
        assert_eq!(by_row, expected.into());
    }

    #[test]
    fn a_first_line_of_counts_is_none_and_gzip_is_unpacked() {
        let plain = of(b"2 3\na 1 2 3\nb 4 5 6\n", &["a", "b"], 3).expect("vectors");
        assert_eq!(
            plain,
            Vectors { rows: vec![0, 1], numbers: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], sought: 2 }
        );
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"a 1 2 3\nb 4 5 6\n").expect("packed");
        assert_eq!(of(&packed.finish().expect("packed"), &["a", "b"], 3), Ok(plain));
    }

    #[test]
    fn faults_have_their_line() {
        for (text, expected) in [
            ("a 1 2\nb 1\n", "error[E0522]: 1 number where the embedding has 2\n --> v.txt:2"),
            ("a 1 2 3\n", "error[E0522]: 3 numbers where the embedding has 2\n --> v.txt:1"),
            ("x 1 2\na 1 two\n", "error[E0523]: `two` is not a number\n --> v.txt:2"),
            ("a 1 inf\n", "error[E0523]: `inf` is not a number\n --> v.txt:1"),
        ] {
            let found = of(text.as_bytes(), &["a"], 2).expect_err("a fault");
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
