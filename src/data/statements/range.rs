//! `range 0..1`: which number is black and which is white, of pictures that are no bytes; of bytes it is 0 and 255 where nothing is written (0 and 16 of
//! `builtin "digits"`). Statements of `augment` that compute with colours, fill with black or paint `black` or `uniform` ask for it. It is a range of the numbers as they are in the source, before `scale` and `normalize`, and changes none of them.

use crate::data::config::Settings;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "range",
    about: "black and white of pictures, where their bytes do not say it",
    args: &[ArgSpec::required(
        "ends",
        Kind::Interval { unit: None, bounds: Bounds::ANY, both_ways: false },
        "the numbers of black and white, such as 0..1",
    )],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("range.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let (low, high) = args.range("ends");
    if low as f32 >= high as f32 {
        return Err(Box::new(
            Diagnostic::error("E0508", args.span_of("ends"), "black and white are the same number")
                .label("needs two ends, such as 0..1"),
        ));
    }
    settings.range = Some((low, high));
    Ok(())
}
