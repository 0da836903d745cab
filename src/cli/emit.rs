//! `dropnet emit`: what a stage of the compiler makes of a file, as text.

use dropnet::internal::{
    codegen::{self, Text},
    graph::{Graph, Mode},
    loops,
    lower::{Lowered, lower_eval, lower_forward, lower_samples, lower_train},
    model::{self, Model},
    syntax,
};

use clap::ValueEnum;
use serde_json::json;

use super::{
    Outcome, data, numbers, ranks,
    source::{self, File, Source},
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// Which stage
    #[arg(long, value_name = "STAGE", value_enum)]
    stage: Stage,
    #[command(flatten)]
    file: File,
    /// Which of the net's functions, from `graph` on [default: train where the file has a `train` section, else eval]
    #[arg(long, value_name = "MODE", value_enum)]
    mode: Option<Entry>,
    /// As each of N processes has it, to which the minibatch's blocks are dealt: from `loops` on
    #[arg(long, value_name = "N", value_parser = numbers::between::<2, 4096>)]
    ranks: Option<u64>,
    /// Write one JSON object: the stage and its text
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// The syntax tree
    Ast,
    /// The checked net: shapes, arguments, parameters
    Model,
    /// Tensor operations of the forward computation
    Graph,
    /// With the loss's derivatives and the update
    Grad,
    /// Fused kernels over buffers
    Loops,
    /// Cranelift's functions
    Clif,
    /// Machine code
    Asm,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Entry {
    Train,
    /// Dropout off
    Eval,
    /// Dropout on, as in Monte-Carlo prediction
    Mc,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        if self.mode.is_some() && matches!(self.stage, Stage::Ast | Stage::Model) {
            return Err(Failure::usage(
                "`--mode` has no effect before `--stage graph`: the net has one text",
            ));
        }
        if self.stage == Stage::Ast && !self.file.sets.sets.is_empty() {
            return Err(Failure::usage(
                "`--set` has no effect on `--stage ast`, which is the text as it stands",
            ));
        }
        if self.stage == Stage::Ast {
            return self.ast(ui);
        }
        let (_, mut model) = self.file.model(ui)?;
        if let Some(ranks) = self.ranks {
            if !matches!(self.stage, Stage::Loops | Stage::Clif | Stage::Asm) {
                return Err(Failure::usage(
                    "`--ranks` has no effect before `--stage loops`: the graph is that of all rows",
                ));
            }
            let ranks = ranks as usize;
            model.deal(ranks).map_err(|blocks| ranks::undealt(blocks, ranks))?;
        }
        let text = match self.stage {
            Stage::Ast | Stage::Model => model::print(&model),
            Stage::Graph => self.forward(&model)?.graph.to_string(),
            Stage::Grad => match self.entry(&model)? {
                Entry::Train => lower_train(&model).graph.to_string(),
                _ => return Err(Failure::usage("only `--mode train` has a gradient")),
            },
            Stage::Loops => self.each_part(&model, |graph, _| Ok(loops::print(&kernels(graph)?, graph)))?,
            Stage::Clif => self.native(&model, Text::Clif)?,
            Stage::Asm => self.native(&model, Text::Asm)?,
        };
        self.write(&text, ui)?;
        Ok(Exit::Done)
    }

    fn write(&self, text: &str, ui: &mut Ui) -> Result<(), Failure> {
        if !self.json {
            return ui.data(text);
        }
        let stage = self.stage.to_possible_value().map(|stage| stage.get_name().to_owned());
        ui.data(&format!(
            "{}\n",
            json!({ "file": self.file.path.display().to_string(), "stage": stage, "text": text })
        ))
    }

    /// A tree is shown even where it has holes.
    fn ast(&self, ui: &mut Ui) -> Outcome {
        let source = Source::read(&self.file.path)?;
        let (file, diagnostics) = syntax::parse(&source.text);
        self.write(&syntax::print(&file), ui)?;
        source::report(&diagnostics, &source, ui);
        Ok(if diagnostics.iter().any(|d| d.is_error()) { Exit::Faulty } else { Exit::Done })
    }

    fn entry(&self, model: &Model) -> Result<Entry, Failure> {
        match (self.mode, &model.train) {
            (Some(Entry::Train), None) => {
                Err(Failure::usage("the file has no `train` section, so it has no `--mode train`"))
            }
            (Some(entry), _) => Ok(entry),
            (None, Some(_)) => Ok(Entry::Train),
            (None, None) => Ok(Entry::Eval),
        }
    }

    fn forward(&self, model: &Model) -> Result<Lowered, Failure> {
        Ok(match self.entry(model)? {
            Entry::Train => lower_forward(model),
            Entry::Eval => lower_eval(model, Mode::Eval),
            Entry::Mc => lower_samples(model, true),
        })
    }

    fn step(&self, model: &Model) -> Result<Lowered, Failure> {
        match self.entry(model)? {
            Entry::Train => Ok(lower_train(model)),
            _ => self.forward(model),
        }
    }

    /// The text of the function; with dropout on, of what runs once a row and of what runs once a sample.
    fn each_part(
        &self,
        model: &Model,
        text: impl Fn(&Graph, bool) -> Result<String, Failure>,
    ) -> Result<String, Failure> {
        let lowered = self.step(model)?;
        let parts = match self.entry(model)? {
            Entry::Mc => lowered.parts(),
            Entry::Train | Entry::Eval => None,
        };
        let Some(parts) = parts else { return text(&lowered.graph, false) };
        let fixed = match &parts.fixed {
            Some(graph) => format!("; once a row\n{}\n", text(graph, false)?),
            None => String::new(),
        };
        Ok(format!("{fixed}; once a sample of a row\n{}", text(&parts.random, true)?))
    }

    fn native(&self, model: &Model, form: Text) -> Result<String, Failure> {
        self.each_part(model, |graph, sampled| {
            let options = codegen::Options { sampled, ..Default::default() };
            codegen::text(&kernels(graph)?, &options, form).map_err(|error| data::native(&error))
        })
    }
}

/// The kernels of a function; that there are none is a bug.
fn kernels(graph: &Graph) -> Result<loops::Program, Failure> {
    loops::fuse(graph).map_err(|unfused| data::native(&unfused.into()))
}
