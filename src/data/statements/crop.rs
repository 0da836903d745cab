//! `crop 224x224`: cuts the middle out of each picture as it is read.
//!
//! # What it does
//! The size is height by width; of an odd rest the larger part is cut off below and on the right. Behind `resize`, if both are written. A picture
//! that is smaller is an error. Pictures to predict are cut alike.

use crate::data::config::Settings;
use crate::data::pictures::LONGEST_SIDE;
use crate::data::words::Statement;
use crate::diag::{Diagnostic, Span};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value};

pub static SIG: Sig = Sig {
    name: "crop",
    about: "cuts the middle out of each picture as it is read",
    args: &[
        ArgSpec::required("size", Kind::Size, "height and width, such as 224x224"),
        ArgSpec::named("at", Kind::Word(&["center"]), Default::Word("center"), "where it is cut out"),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("crop.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    settings.pictures.crop = size(args)?;
    settings.of_pictures.push(("crop", args.span));
    Ok(())
}

/// The argument `size` as height and width.
pub(super) fn size(args: &Args) -> Result<Option<[usize; 2]>, Box<Diagnostic>> {
    let Some(Value::Size(sides)) = args.value("size") else { return Ok(None) };
    match sides.as_slice() {
        [height, width] if [height, width].iter().any(|side| **side > LONGEST_SIDE as u64) => {
            Err(too_long(args.span_of("size")))
        }
        [height, width] if *height > 0 && *width > 0 => Ok(Some([*height as usize, *width as usize])),
        _ => Err(Box::new(
            Diagnostic::error("E0507", args.span_of("size"), "a picture has a height and a width")
                .label("two numbers of 1 or more, such as 224x224"),
        )),
    }
}

pub(super) fn too_long(span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("E0507", span, format!("a side of a picture has {LONGEST_SIDE} places at most"))
            .label("more is not read"),
    )
}
