//! Adds other sounds: streets, rain, a room full of people, from a folder of recordings.
//!
//! # What it does
//! For each row a recording is drawn, and a stretch of it as long as the clip; a shorter recording is played again from its beginning. `snr` says how much louder the clip is than
//! the stretch, in decibels, drawn from the range: the root of the mean square of the clip as it is there, beside that of the stretch, so the ratio is exact. Silence gets none, and a silent
//! stretch adds none. The folder is looked for beside the `.net` file, and holds wav or flac files, in folders or not; they are brought to the rate of the net's input, several channels to their mean.
//!
//! # Notes
//! Stands behind what changes pitch, speed and level. Recordings that tell classes apart teach a net the recordings.
//!
//! # Elsewhere
//! `AddBackgroundNoise(sounds_path=, min_snr_db=3, max_snr_db=30)` in audiomentations, `AddNoise` in torchaudio.
//!
//! # Example
//! ```net
//! background "streets", snr=0dB..20dB, p=50%
//! ```
//!
//! # Papers
//! Salamon and Bello 2017, Deep convolutional neural networks and data augmentation for environmental sound classification.

use super::{
    Augment, Draw, Place, Plan, p,
    wave::{Alter, Clip, RATIO, ends, plain},
};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub struct Background;
pub static WORD: Background = Background;

static SIG: Sig = Sig {
    name: "background",
    about: "add sounds from a folder of recordings",
    args: &[
        ArgSpec::required("folder", Kind::Text, "folder of wav or flac files, or a .tar.gz of it"),
        ArgSpec::named(
            "snr",
            RATIO,
            Default::Required,
            "how much louder the clip is than what is added, such as 0dB..20dB",
        ),
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Background {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("add_background_noise", "background"),
            ("background_noise", "background"),
            ("add_short_noises", "background"),
        ]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn place(&self, _args: &Args) -> Option<Place> {
        Some(Place::Noised)
    }

    fn recordings<'a>(&self, args: &'a Args) -> Option<&'a str> {
        Some(args.text("folder"))
    }

    fn told(&self, args: &Args) -> String {
        format!("sounds of {:?} {} dB below them", args.text("folder"), ends(args.range("snr"), plain))
    }

    fn plan(&self, args: &Args) -> Plan {
        Plan::Sound(Box::new(Beside(args.range("snr"))))
    }
}

struct Beside((f64, f64));

impl Alter for Beside {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        let ratio = draw.between(self.0);
        if clip.recordings.is_empty() {
            return;
        }
        let recording = &clip.recordings[draw.below(clip.recordings.len())];
        let length = clip.samples.len();
        // Of one that is shorter the beginning is any of its samples.
        let starts = if recording.len() > length { recording.len() - length + 1 } else { recording.len() };
        let start = draw.below(starts.max(1));
        let (_, beside) = clip.beside();
        beside.clear();
        beside.extend(recording.iter().cycle().skip(start).take(length));
        clip.add(ratio);
    }
}
