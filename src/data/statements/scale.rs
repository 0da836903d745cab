//! `scale 1/255`: multiplies every input number; before `normalize`, if both are written.

use crate::data::config::{Scale, Settings};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Bounds, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "scale",
    about: "multiplies every input number",
    args: &[ArgSpec::required("factor", Kind::Number(Bounds::ANY), "what to multiply by")],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("scale.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let factor = args.number("factor");
    if factor == 0.0 || !(factor as f32).is_normal() {
        let message = match factor.abs() {
            0.0 => "a scale of 0 leaves nothing of the inputs".to_owned(),
            1.0.. => format!("a scale of {factor:e} is infinite in 32 bits"),
            _ => format!("a scale of {factor:e} is 0 in 32 bits, which leaves nothing of the inputs"),
        };
        return Err(Box::new(
            Diagnostic::error("E0508", args.span_of("factor"), message)
                .label("the factor must be a 32-bit number other than 0"),
        ));
    }
    settings.scale = Some(Scale { factor, span: args.span });
    Ok(())
}
