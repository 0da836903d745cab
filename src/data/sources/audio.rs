//! `source audio, "sounds"`: a folder of wav and flac files, a folder a class, or labelled by their names or by a table.
//!
//! # What it reads
//! `sounds/CLASS/*`, divided as `split` says; or `sounds/train/CLASS/*` and, if they are there, `sounds/valid/CLASS/*` and `sounds/test/CLASS/*`, which
//! are the parts. Classes are called as their folders, in order of their bytes. Files in folders within that of the class count; hidden files and files of
//! other kinds are skipped, but sounds in forms that are not read (mp3, ogg, ...) are an error, since they would be missed. A `.tar.gz` (or `.tar`) of such a
//! folder is read as it is, without unpacking it on the disk.
//!
//! With `pattern="{label}_{speaker}_{index}"` the names of the files, without their endings, say what is in each, wherever in the folder it lies: what stands
//! where `{label}` does is its class, and the other parts are columns for `split by=`. What stands between the braces is in the names as it is.
//!
//! With `labels="labels.csv", file=COLUMN, label=COLUMN` rows are those of a table with a header: one column names a sound in the folder (its ending may be left
//! out), another one its class. Numbers are targets of `real` outputs too; `label=[a, b, c]` names several columns. Sounds that the table does not name are
//! left alone, and its other columns serve `split by=`.
//!
//! # Rows
//! A row is a clip, `wave[5s, rate=16kHz]`: samples in -1..1, as many as the clip has. A shorter one has zeros behind it up to the time of the type, which count
//! as nothing: each row has its length. One that is shorter than the net's windows goes on with silence as far as these need it. Of a longer one the beginning is read, or with `long=center` the middle. With `long=random` training
//! reads another stretch of it in every epoch, uniform over the clip and a function of the seed, the epoch and the row's position in it, like what `augment` draws, whose
//! statements act on the stretch; evaluation and prediction read the middle. `dropnet plot FILE --kind augment` shows what is fed. Wav files have 8, 16, 24 or 32 bits a sample, or
//! floats of 32 or 64, which may go beyond -1..1. Of several channels the mean is heard, with `channels=left` the first, with `channels=2` the second. All
//! clips have one rate, that of the net, or are brought to it by `resample 16kHz`. A broken file is an error with its name and, where there is one, the byte; silent
//! clips are a warning (W0505).
//!
//! Files are decoded by all cores, once, into memory: clips of 16 bits take 2 bytes a sample, others 4, and nothing is padded there. Prediction prepares its
//! files in the same way, by what stands in the checkpoint.
//!
//! # Example
//! ```net
//! data {
//!   source audio, "recordings", pattern="{label}_{speaker}_{index}"
//!   split by=speaker, folds=6
//! }
//! ```

use std::sync::Arc;

use crate::data::config::By;
use crate::data::error::DataError;
use crate::data::inputs::Inputs;
use crate::data::labels::{FILE, LABEL, Labelled, Labels};
use crate::data::raw::{Arrays, Column, Pick, Raw, RawTarget, expand};
use crate::data::search::Search;
use crate::data::sound::{self, Channels, Clips, File, Folder, Hearing, Listing, Long, Pattern, Prepare};
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value};

pub static SIG: Sig = Sig {
    name: "audio",
    about: "folders of wav and flac sounds, a folder a class or labelled by names or a table",
    args: &[
        ArgSpec::required(
            "folder",
            Kind::Text,
            "the folder of the classes, or of train, valid and test, or of all sounds; or a .tar.gz of it",
        ),
        ArgSpec::named(
            "pattern",
            Kind::Text,
            Default::Absent,
            "what the names of the files say, such as \"{label}_{speaker}_{index}\"",
        ),
        ArgSpec::named("labels", Kind::Text, Default::Absent, "a CSV file with a header: a row a sound"),
        FILE,
        LABEL,
        ArgSpec::named(
            "channels",
            Kind::OneOf(&[Kind::Word(&["mix", "left"]), Kind::Count { min: 1 }]),
            Default::Word("mix"),
            "what is heard of several channels: their mean, the first, or one by its number",
        ),
        ArgSpec::named(
            "long",
            Kind::Word(&["start", "center", "random"]),
            Default::Word("start"),
            "what is read of a clip that is longer than a row: its beginning, its middle, or while training another stretch in every epoch",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("audio.rs"), read };

/// As the `.net` file says.
#[derive(Clone, Debug)]
struct Audio {
    folder: String,
    said: Said,
    channels: Channels,
    long: Long,
}

/// What says which class a sound is of.
#[derive(Clone, Debug)]
enum Said {
    Folders,
    Names(Pattern),
    Table(Labels),
}

fn read(args: &Args) -> Read {
    let said = match (args.opt_text("pattern"), Labels::of(args)?) {
        (None, None) => Said::Folders,
        (None, Some(labels)) => Said::Table(labels),
        (Some(text), None) => Said::Names(Pattern::parse(text).map_err(|(what, help)| {
            Box::new(
                Diagnostic::error("E0508", args.span_of("pattern"), what).label("in this pattern").help(help),
            )
        })?),
        (Some(_), Some(_)) => {
            return Err(Box::new(
                Diagnostic::error("E0503", args.span_of("pattern"), "`pattern` beside `labels`")
                    .label("both say which class a sound is of")
                    .help("keep one of them"),
            ));
        }
    };
    let channels = match args.value("channels") {
        Some(Value::Number(number)) => Channels::Number(*number as usize),
        Some(Value::Word(word)) if word == "left" => Channels::Number(1),
        _ => Channels::Mix,
    };
    let long = match args.word("long") {
        "center" => Long::Center,
        "random" => Long::Random,
        _ => Long::Start,
    };
    Ok(Arc::new(Audio { folder: args.text("folder").to_owned(), said, channels, long }))
}

impl Audio {
    fn hearing(&self, pick: &Pick<'_>) -> Hearing {
        let prepare = Prepare { channels: self.channels, long: self.long, ..pick.sounds };
        let (pattern, labels) = match &self.said {
            Said::Folders => (None, None),
            Said::Names(pattern) => (Some(pattern.to_string()), None),
            Said::Table(labels) => (None, Some(labels.clone())),
        };
        Hearing { prepare, pattern, labels }
    }

    /// Sounds as rows.
    fn rows(&self, files: &[File], target: RawTarget, pick: &Pick<'_>) -> Result<Arrays, DataError> {
        let clips = Clips::load(files, self.hearing(pick), None)?;
        let (names, shape) = (clips.names().to_vec(), vec![clips.longest()]);
        Ok(Arrays { names, ..Arrays::of(&self.folder, clips.rows(), shape, Inputs::Sounds(clips), target) })
    }

    /// Sounds in folders of their classes.
    fn in_folders(&self, listing: Listing, pick: &Pick<'_>) -> Result<Raw, DataError> {
        let Folder { classes, mut train, valid, test } = Folder::of(listing)?;
        let own_valid = valid.as_ref().map_or(0, |valid| valid.files.len());
        if let Some(valid) = valid {
            train.files.extend(valid.files);
            train.classes.extend(valid.classes);
        }
        let rows = |part: sound::Part| {
            let target = RawTarget::Labels { codes: part.classes, names: classes.clone() };
            self.rows(&part.files, target, pick)
        };
        let mut train = Arrays { own_valid, ..rows(train)? };
        let mut test = test.map(rows).transpose()?;
        if let Some(test) = &mut test {
            sound::same_rate(&train.data, &test.data)?;
            let longest = train.shape[0].max(test.shape[0]);
            (train.shape, test.shape) = (vec![longest], vec![longest]);
        }
        Ok(Raw::Arrays { train, test })
    }

    /// Sounds whose names say what they are.
    fn by_names(&self, pattern: &Pattern, listing: Listing, pick: &Pick<'_>) -> Result<Raw, DataError> {
        let (_, files): (Vec<String>, Vec<File>) = listing.sounds.into_iter().unzip();
        let columns = pattern.columns(files.iter().map(|file| file.name.as_str()))?;
        let label = &columns[pattern.label()];
        let groups = pick.groups.map(|by| group(by, &columns, &pattern.names())).transpose()?;
        let rows = self.rows(&files, RawTarget::Columns(vec![label.clone()]), pick)?;
        Ok(Raw::Arrays { train: Arrays { groups, ..rows }, test: None })
    }

    /// Sounds of which a table says what they are.
    fn by_table(
        &self,
        labels: &Labels,
        listing: &Listing,
        pick: &Pick<'_>,
        search: &Search,
    ) -> Result<Raw, DataError> {
        let found = |name: &str| listing.find(name).cloned();
        let Labelled { files, target, groups } =
            labels.read((&self.folder, "sound"), found, pick.groups, search)?;
        let rows = self.rows(&files, RawTarget::Columns(target), pick)?;
        Ok(Raw::Arrays { train: Arrays { target_file: labels.table.clone(), groups, ..rows }, test: None })
    }
}

/// The column of a pattern whose equal values stand in one part.
fn group(by: &By, columns: &[Column], names: &[String]) -> Result<Column, DataError> {
    let found = expand(std::slice::from_ref(&by.column), names).map_err(|e| e.net(by.span))?;
    if columns[found[0]].name == sound::LABEL {
        return Err(DataError::new("E0527", "a part of the pattern is both label and group")
            .net(by.span)
            .note("sounds of one class would stand in one part, and no other part would have that answer")
            .help("name the part that says which sounds belong together: a person, a place, a day"));
    }
    Ok(columns[found[0]].clone())
}

impl Source for Audio {
    fn open(&self, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let mut listing = Listing::read(&search.find(&self.folder)?, &self.folder)?;
        match &self.said {
            Said::Folders => self.in_folders(listing, pick),
            Said::Names(pattern) => self.by_names(pattern, listing, pick),
            Said::Table(labels) => {
                listing.without_common_folders(1);
                self.by_table(labels, &listing, pick, search)
            }
        }
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn has_groups(&self) -> bool {
        !matches!(self.said, Said::Folders)
    }

    fn has_sounds(&self) -> bool {
        true
    }

    fn draws_stretches(&self) -> bool {
        self.long == Long::Random
    }
}
