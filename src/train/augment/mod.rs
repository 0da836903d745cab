//! What is done to rows while training: the statements of `augment`, in the order written. One file a word.
//!
//! A statement that changes rows one by one says where each place of a picture comes from ([`Move`]), changes it in place ([`Paint`]), edits the
//! tokens of a text ([`Edit`]), or changes the samples of a sound ([`Alter`]); one that mixes rows says how ([`Pair`]). Invariant: what becomes of a row is a function of (seed, path, epoch, position), of a pair
//! of (seed, path, epoch, update); nothing depends on threads, blocks or the moment at which a run is taken up again.

mod chain;
mod colors;
mod draw;
mod facts;
mod filter;
mod moves;
mod pairs;
mod picture;
mod policy;
mod resample;
mod text;
mod value;
mod wave;

pub use super::Wrong;
pub use chain::{Chain, Painted, Room};
pub use colors::Colors;
pub use draw::{Draw, Row};
pub use facts::Facts;
pub use moves::{Fill, Map, Move, View as Seen, moved};
pub use pairs::{Minibatch, Pair, Paired, Pairs};
pub use picture::{Picture, Pixels, Rect, Size};
pub use resample::{Resample, Window};
pub use text::{Corpus, Edit, Vocabulary, Wording};
pub use value::{VALUE, Value};
pub use wave::{Alter, Playing, Studio};

use crate::{
    model::Use,
    vocab::{ArgSpec, Args, Bounds, Default, Kind, Sig, Timed},
};

pub trait Augment: Sync {
    fn sig(&self) -> &'static Sig;

    /// What it is called elsewhere, and what that is here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// What the kinds of the arguments do not say; the text is what the argument must be.
    fn check(&self, _args: &Args) -> Result<(), Wrong> {
        Ok(())
    }

    /// Whether it mixes rows with others, instead of changing each by itself.
    fn is_of_pairs(&self) -> bool {
        false
    }

    /// Whether what acts are the statements in its block.
    fn holds_statements(&self) -> bool {
        false
    }

    /// Whether it needs pictures.
    fn is_of_pictures(&self, args: &Args) -> bool {
        !self.is_of_words() && !self.is_of_sound(args)
    }

    /// Whether it needs texts in words.
    fn is_of_words(&self) -> bool {
        false
    }

    /// Whether it needs sounds, as these arguments have it.
    fn is_of_sound(&self, _args: &Args) -> bool {
        false
    }

    /// The folder of sounds that it adds to rows.
    fn recordings<'a>(&self, _args: &'a Args) -> Option<&'a str> {
        None
    }

    /// Where it usually stands among statements of sounds; those without a place may stand anywhere.
    fn place(&self, _args: &Args) -> Option<Place> {
        None
    }

    /// What sounds of so many samples a second make impossible; the text is what the argument must be.
    ///
    /// # Errors
    /// The argument that does not fit such sounds, and why.
    fn suits(&self, _args: &Args, _rate: u32) -> Result<(), Wrong> {
        Ok(())
    }

    /// Whether every token of a text stays in its place, changed or not.
    fn keeps_places(&self) -> bool {
        false
    }

    /// Whether it puts another text in place of a row's, and so acts before what changes that.
    fn begins_anew(&self) -> bool {
        false
    }

    /// The translation by which it paraphrases texts.
    fn translation(&self, _args: &Args) -> Option<text::Translation> {
        None
    }

    /// What it asks to know of the words of a vocabulary.
    fn lore(&self, args: &Args) -> text::Lore {
        text::lore(args)
    }

    /// Whether it has to know black and white, to compute with colours or to paint with them.
    fn needs_range(&self, args: &Args) -> bool {
        let given = |name: &str| args.sig.arg(name).and_then(|_| args.opt_word(name));
        self.is_of_colors()
            || given("fill").is_some_and(|word| Fill::named(word) == Fill::Black)
            || given("value").is_some_and(|word| Value::named(word).is_of_the_range())
    }

    /// Whether it computes with colours.
    fn is_of_colors(&self) -> bool {
        false
    }

    /// The argument for which it needs red, green and blue.
    fn needs_rgb(&self, _args: &Args) -> Option<&'static str> {
        None
    }

    /// The size of what it makes of a picture of this size.
    ///
    /// # Errors
    /// The argument that does not fit such pictures, and why.
    fn size(&self, _args: &Args, size: Size) -> Result<Size, Wrong> {
        Ok(size)
    }

    /// The size that it makes whatever it is given, where it makes one size.
    fn makes(&self, _args: &Args) -> Option<Size> {
        None
    }

    /// Whether larger pictures are cut to the size that it makes, and else are seen in their middle.
    fn cuts(&self) -> bool {
        false
    }

    /// Whether pictures of any size are brought to the size that it makes, and else are seen in the largest window that has its proportions.
    fn fits(&self) -> bool {
        false
    }

    /// Whether it needs means and deviations of the training part.
    fn asks(&self, args: &Args) -> bool {
        let given = |name: &str| args.sig.arg(name).and_then(|_| args.opt_word(name));
        given("fill").is_some_and(|word| Fill::named(word) == Fill::Mean)
            || given("value").is_some_and(|word| Value::named(word).is_of_the_rows())
    }

    /// How often it acts on a row.
    fn p(&self, args: &Args) -> Timed {
        args.sig.arg("p").and_then(|_| args.opt_timed("p")).unwrap_or(Timed::Constant(1.0))
    }

    /// Whether it has fixed variants, which predictions may be averaged over: then its arguments that say nothing about those.
    fn viewed(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// The fixed variants of pictures of this size, the picture as it is first. They take whole steps: no number of a picture changes.
    fn views(&self, _args: &Args, _size: Size) -> Vec<Map> {
        Vec::new()
    }

    /// What stands beyond a picture that it moves; none where nothing beyond is ever seen.
    fn fill(&self, args: &Args) -> Option<Fill> {
        args.sig.arg("fill").and_then(|_| args.opt_word("fill")).map(Fill::named)
    }

    /// What it does, for those who read a summary: `mirrored from left to right`.
    fn told(&self, args: &Args) -> String;

    fn plan(&self, args: &Args) -> Plan;
}

/// The usual order of statements of sounds: what stands behind another acts on what that made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Pitch and speed.
    Made,
    Moved,
    /// Level and sign.
    Scaled,
    /// What is heard beside it.
    Noised,
}

/// How a statement acts.
pub enum Plan {
    Move(Box<dyn Move>),
    Paint(Box<dyn Paint>),
    Resample(Box<dyn Resample>),
    Edit(Box<dyn Edit>),
    Sound(Box<dyn Alter>),
    Pair(Pair),
    /// It is switched off.
    Nothing,
}

/// A statement that changes pictures in place.
pub trait Paint: Send + Sync {
    fn paint(&self, draw: &mut Draw<'_>, picture: &mut Picture<'_>);
}

/// A statement that is a function of colours.
fn colored(change: impl Fn(&mut Draw<'_>, &mut Colors<'_>) + Send + Sync + 'static) -> Plan {
    struct Colored<F>(F);
    impl<F: Fn(&mut Draw<'_>, &mut Colors<'_>) + Send + Sync> Paint for Colored<F> {
        fn paint(&self, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
            picture.colored(|colors| (self.0)(draw, colors));
        }
    }
    Plan::Paint(Box::new(Colored(change)))
}

/// A checked statement.
#[derive(Clone)]
pub struct Statement {
    pub used: Use<dyn Augment>,
    /// Its word, with an ordinal from the second on: the identity of what it draws.
    pub path: String,
}

impl Statement {
    /// Whether its arguments switch it off.
    #[must_use]
    pub fn is_off(&self) -> bool {
        matches!(self.used.word.plan(&self.used.args), Plan::Nothing)
    }

    /// How often it acts.
    #[must_use]
    pub fn p(&self) -> Timed {
        self.used.word.p(&self.used.args)
    }

    /// What it does, and how often.
    #[must_use]
    pub fn told(&self) -> String {
        let told = self.used.word.told(&self.used.args);
        match self.p() {
            Timed::Constant(1.0) => told,
            p => format!("{told}, with probability {p}"),
        }
    }
}

/// A checked section.
#[derive(Clone, std::default::Default)]
pub struct Augmentation {
    pub rows: Vec<Statement>,
    pub pairs: Option<Pairs>,
}

impl Augmentation {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.pairs.is_none()
    }

    /// Whether pictures may be larger than the net's input, since statements cut them to its size and no other changes it.
    #[must_use]
    pub fn cuts(&self) -> bool {
        let mut makers =
            self.rows.iter().map(|s| &s.used).filter(|used| used.word.makes(&used.args).is_some()).peekable();
        makers.peek().is_some() && makers.all(|used| used.word.cuts())
    }

    /// Whether pictures may have any size, since statements bring them to that of the net's input.
    #[must_use]
    pub fn fits(&self) -> bool {
        let mut makers =
            self.rows.iter().map(|s| &s.used).filter(|used| used.word.makes(&used.args).is_some()).peekable();
        makers.peek().is_some() && makers.all(|used| used.word.fits())
    }

    /// The first statement that has to know black and white.
    #[must_use]
    pub fn of_the_range(&self) -> Option<&Use<dyn Augment>> {
        self.rows.iter().map(|statement| &statement.used).find(|used| used.word.needs_range(&used.args))
    }

    /// All statements, those that one chooses among too.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        let pairs = self.pairs.iter().flat_map(|pairs| pairs.among.iter().map(|(_, statement)| statement));
        self.rows.iter().chain(pairs)
    }

    /// Whether the rows that the net reads are others in every epoch, sums of them apart.
    #[must_use]
    pub fn changes_rows(&self) -> bool {
        !self.rows.is_empty() || self.pairs.as_ref().is_some_and(Pairs::pastes)
    }

    /// What is done to inputs, line by line.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.rows.iter().map(Statement::told).collect();
        let Some(pairs) = &self.pairs else { return lines };
        match &pairs.among[..] {
            [(_, only)] if only.path == pairs.path => lines.push(only.told()),
            several => {
                let each: Vec<String> = several.iter().map(|(_, statement)| statement.told()).collect();
                let how_often = match pairs.p {
                    Timed::Constant(1.0) => String::new(),
                    p => format!(", with probability {p}"),
                };
                lines.push(format!("each minibatch one of: {}{how_often}", each.join("; ")));
            }
        }
        lines
    }

    /// Whether statements need means and deviations of the training part.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.rows.iter().any(|statement| statement.used.word.asks(&statement.used.args))
    }
}

/// Arguments that several words have.
pub const FILL: ArgSpec = ArgSpec::named(
    "fill",
    Kind::Word(Fill::WORDS),
    Default::Word("black"),
    "what stands beyond the picture: black, the mean of the training pictures, the picture mirrored, or its edge",
);

/// How often a statement acts.
pub const fn p(usual: f64) -> ArgSpec {
    ArgSpec::named(
        "p",
        Kind::Timed(Bounds::UNIT),
        Default::Number(usual),
        "probability that it acts on a row",
    )
}

/// Refuses a size that has not two sides.
fn two_sides(args: &Args, name: &'static str) -> Result<(), Wrong> {
    match args.value(name) {
        Some(crate::vocab::Value::Size(sides)) if sides.len() != 2 => {
            Err((name, "must have two sides: height and width, such as 32x32".into()))
        }
        _ => Ok(()),
    }
}

crate::train::family! {
    Augment:
    crop,
    resized_crop,
    flip,
    rotate,
    translate,
    zoom,
    shear,
    color_jitter,
    grayscale,
    blur,
    noise,
    posterize,
    solarize,
    autocontrast,
    equalize,
    sharpness,
    invert,
    cutout,
    erase,
    rand_augment,
    trivial_augment,
    mixup,
    cutmix,
    one_of,
    synonym,
    word_insert,
    word_swap,
    word_drop,
    word_mask,
    aeda,
    eda,
    back_translate,
    time_stretch,
    pitch_shift,
    speed,
    shift,
    gain,
    polarity,
    background,
    lowpass,
    highpass,
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
