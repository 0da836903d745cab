//! `resize 224x224`, `resize shorter=256`: gives pictures one size as they are read.
//!
//! # What it does
//! A size is height by width, whatever the proportions were; `shorter=256` makes the shorter side 256 long and keeps the proportions. Before
//! `crop`, if both are written. Bilinear over as wide a neighbourhood as the picture becomes smaller (antialiased). Pictures to predict are resized alike.

use crate::data::config::Settings;
use crate::data::pictures::{LONGEST_SIDE, Resize};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "resize",
    about: "gives pictures one size as they are read",
    args: &[
        ArgSpec::optional("size", Kind::Size, Default::Absent, "height and width, such as 224x224"),
        ArgSpec::named(
            "shorter",
            Kind::Count { min: 1 },
            Default::Absent,
            "length of the shorter side, in place of a size",
        ),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("resize.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let size = super::crop::size(args)?;
    let resize = match (size, args.opt_count("shorter")) {
        (Some(size), None) => Resize::To(size),
        (None, Some(side)) if side <= LONGEST_SIDE => Resize::Shorter(side),
        (None, Some(_)) => return Err(super::crop::too_long(args.span_of("shorter"))),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Box::new(
                Diagnostic::error("E0507", args.span, "`resize` takes a size or `shorter=`, one of the two")
                    .help("write `resize 224x224`, or `resize shorter=256`"),
            ));
        }
    };
    settings.pictures.resize = Some(resize);
    settings.of_pictures.push(("resize", args.span));
    Ok(())
}
