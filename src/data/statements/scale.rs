//! `scale 1/255`: multiplies every input number; before `normalize`, if both are written.

use crate::data::config::{Scale, Settings};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig, exactly};

pub static SIG: Sig = Sig {
    name: "scale",
    about: "multiplies every input number",
    args: &[ArgSpec::required("factor", Kind::Number(Bounds::ANY), "what to multiply by")],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("scale.rs"), read };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let factor = args.number("factor");
    if factor == 0.0 || !(factor as f32).is_normal() {
        return Err(Box::new(
            Diagnostic::error(
                "E0508",
                args.span_of("factor"),
                format!("a scale of {} leaves nothing of the inputs", exactly(factor)),
            )
            .label("the factor must be a 32-bit number other than 0"),
        ));
    }
    settings.scale = Some(Scale { factor, span: args.span });
    Ok(())
}
