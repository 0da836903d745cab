//! `dropnet sample`: text that a net says.

use dropnet::internal::run::{self, Speech};
use serde_json::json;

use super::{
    Outcome,
    eval::{self, Run},
    numbers,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    run: Run,
    /// What was said before
    #[arg(long, value_name = "TEXT", default_value = "\n")]
    prompt: String,
    /// Tokens to say
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = numbers::whole::<1>)]
    tokens: u64,
    /// Below 1 likely tokens are said more often, above 1 less often
    #[arg(long, value_name = "T", default_value_t = 1.0)]
    temperature: f64,
    /// Draw among so many likeliest tokens
    #[arg(long, value_name = "K", value_parser = numbers::whole::<1>)]
    top_k: Option<u64>,
    /// Draw among the likeliest tokens that together have this probability
    #[arg(long, value_name = "P")]
    top_p: Option<f64>,
    /// Seed of the draws: the same text for the same seed
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = numbers::whole::<0>)]
    seed: u64,
    /// Write one JSON object: the prompt, and what is said behind it
    #[arg(long)]
    json: bool,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return Err(Failure::usage(
                "`--temperature` is above 0\nhelp: `--top-k 1` says the likeliest token each time",
            ));
        }
        if self.top_p.is_some_and(|p| !(p > 0.0 && p <= 1.0)) {
            return Err(Failure::usage("`--top-p` is a probability above 0, at most 1"));
        }
        let trained = self.run.read(ui)?;
        let speech = Speech {
            tokens: self.tokens as usize,
            temperature: self.temperature,
            top_k: self.top_k.map(|k| k as usize),
            top_p: self.top_p,
            seed: self.seed,
        };
        let begin = if self.json { "" } else { self.prompt.trim_start_matches('\n') };
        let mut text = begin.to_owned();
        run::speak(&trained, &self.prompt, &speech, &mut |token| text.push_str(token))
            .map_err(|error| eval::failure(&error, ui))?;
        match self.json {
            true => ui.data(&format!("{}\n", json!({ "prompt": self.prompt, "text": text })))?,
            false => ui.data(&format!("{text}\n"))?,
        }
        Ok(Exit::Done)
    }
}
