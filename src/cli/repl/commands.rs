//! The commands of a session: their names, what they take, what they do.

use std::path::Path;

use super::session::Session;
use crate::cli::ui::{Failure, Ui};

/// Answers whether the session ends.
type Body = fn(&mut Session, &str, &mut Ui) -> Result<bool, Failure>;

pub struct Command {
    pub name: &'static str,
    pub takes: &'static str,
    pub about: &'static str,
    pub run: Body,
}

macro_rules! commands {
    ($($name:literal $takes:literal $about:literal => $body:expr;)*) => {
        /// Sorted as `:help` shows them.
        pub static COMMANDS: &[Command] = &[$(Command { name: $name, takes: $takes, about: $about, run: $body },)*];
    };
}

fn done(result: Result<(), Failure>) -> Result<bool, Failure> {
    result.map(|()| false)
}

commands! {
    "load" "FILE" "take the net of a file, with its data" => |s, rest, ui| done(s.load(Path::new(named(rest, "FILE")?), ui));
    "reload" "" "take it again as it is on disk" => |s, _, ui| done(s.reload(ui));
    "save" "[FILE]" "write the net to a file" => |s, rest, ui| done(s.save(rest, ui));
    "new" "" "begin an empty net" => |s, _, ui| done(s.clear(ui));
    "list" "" "the net, its lines numbered" => |s, _, ui| done(s.list(ui));
    "insert" "LINE TEXT" "put a line before another" => |s, rest, ui| done(s.edit_line(rest, false, ui));
    "edit" "LINE TEXT" "put a line instead of another" => |s, rest, ui| done(s.edit_line(rest, true, ui));
    "delete" "LINE" "take a line out" => |s, rest, ui| done(s.delete_line(rest, ui));
    "set" "[NAME=VALUE]" "give a `param` another value; without, say what is set" => |s, rest, ui| done(s.set(rest, ui));
    "undo" "" "take the last change of the net back" => |s, _, ui| done(s.undo(ui));
    "diff" "" "what has changed since the net was trained, or loaded" => |s, _, ui| done(s.diff(ui));
    "history" "" "what was entered" => |s, _, ui| done(s.show_history(ui));
    "type" "[NAME]" "shapes and parameters of the layers" => |s, rest, ui| done(s.types(rest, ui));
    "summary" "" "shapes, parameters, rates and regularizers as a table" => |s, rest, ui| done(s.on_net("summary", &[], rest, ui));
    "emit" "STAGE" "what a stage of the compiler makes of the net: graph, loops, asm, ..." => |s, rest, ui| done(s.on_net("emit", &["--stage"], rest, ui));
    "lint" "" "warnings and advice about the net" => |s, rest, ui| done(s.on_net("check", &["--pedantic"], rest, ui));
    "time" "" "what a step of training takes, kernel by kernel" => |s, rest, ui| done(s.on_net("bench", &["--seconds", "0.3"], rest, ui));
    "train" "[epochs=N] [seed=N] [fresh]" "train; layers that are as they were keep their weights, unless `fresh`" => |s, rest, ui| done(s.train(rest, ui));
    "continue" "[epochs=N]" "train on, as if nothing had been in between" => |s, rest, ui| done(s.go_on(rest, ui));
    "eval" "[--samples N ...]" "figures of the trained net" => |s, rest, ui| done(s.on_run("eval", &[], rest, ui));
    "predict" "ROW | FILE [...]" "outputs for numbers (`0.1, 2.5`), for a text in quotes, or for the rows of a file" => |s, rest, ui| done(s.predict(rest, ui));
    "mc" "ROW T" "T samples of a row with dropout on: mean, and how far they differ" => |s, rest, ui| done(s.monte_carlo(rest, ui));
    "sample" "[\"TEXT\"] [--tokens N ...]" "what a net that foretells tokens says behind a text" => |s, rest, ui| done(s.sample(rest, ui));
    "masks" "SITE STEP [ROW]" "which units a row of a training step's minibatch saw" => |s, rest, ui| done(s.masks(rest, ui));
    "weights" "[NAME]" "the numbers of a layer's parameters, or of all" => |s, rest, ui| done(s.weights(rest, ui));
    "values" "[ROW] [--layer PATH ...]" "what each layer says of a row of the training part, dropout on" => |s, rest, ui| done(s.inspect("--values", rest, ui));
    "grad" "[ROW] [--layer PATH ...]" "the gradient of that row's loss: units that were dropped get none" => |s, rest, ui| done(s.inspect("--gradients", rest, ui));
    "subnet" "--step K --sample I | ..." "the same for all sites, or to export that net" => |s, rest, ui| done(s.on_run("subnet", &[], rest, ui));
    "calibrate" "" "fit how sure the net says it is, on validation rows" => |s, rest, ui| done(s.on_run("calibrate", &[], rest, ui));
    "audit" "[...]" "weight scaling beside the means over sub-networks" => |s, rest, ui| done(s.on_run("audit", &[], rest, ui));
    "plot" "KIND [FILE] | masks [STEP]" "loss, weights, activations, uncertainty, ...: here, or as SVG or PNG; masks of the rows of a step" => |s, rest, ui| done(s.plot(rest, ui));
    "explain" "NAME | CODE" "the page of a word, or of a code of a message" => |s, rest, ui| done(s.explain(rest, ui));
    "help" "" "this list" => |_, _, ui| done(help(ui));
    "quit" "" "end the session" => |_, _, _| Ok(true);
}

/// The command that a line without a colon means: what every other program takes, and no net has a layer of that name.
pub fn plain(line: &str) -> Option<&'static str> {
    ["help", "quit", "exit"].into_iter().find(|word| *word == line).map(|word| match word {
        "exit" => "quit",
        word => word,
    })
}

/// An argument that must be there.
pub fn named<'a>(rest: &'a str, what: &str) -> Result<&'a str, Failure> {
    match rest {
        "" => Err(Failure::usage(format!("{what} is missing"))),
        rest => Ok(rest),
    }
}

/// The command of this name, or of this beginning of one name.
pub fn find(name: &str) -> Result<&'static Command, Failure> {
    if let Some(exact) = COMMANDS.iter().find(|c| c.name == name) {
        return Ok(exact);
    }
    let fitting: Vec<&Command> =
        COMMANDS.iter().filter(|c| !name.is_empty() && c.name.starts_with(name)).collect();
    match fitting[..] {
        [one] => Ok(one),
        [] => {
            let near = dropnet::internal::check::nearest(name, COMMANDS.iter().map(|c| c.name));
            let help = near.map_or("`:help` lists them".into(), |near| format!("did you mean `:{near}`?"));
            Err(Failure::usage(format!("there is no command `:{name}`\nhelp: {help}")))
        }
        _ => {
            let names: Vec<String> = fitting.iter().map(|c| format!("`:{}`", c.name)).collect();
            Err(Failure::usage(format!("`:{name}` could be {}", names.join(" or "))))
        }
    }
}

fn help(ui: &mut Ui) -> Result<(), Failure> {
    let mut text = String::from(
        "A line of a `.net` file goes to its place in the net: a layer, `optimizer adam, lr=1e-3`, `train { ... }`.\n\n",
    );
    for command in COMMANDS {
        text += &format!("  :{:<38} {}\n", format!("{} {}", command.name, command.takes), command.about);
    }
    text += "\n  ?NAME                                   the page of a word, as `:explain`\n  ;COMMAND                                a line for the shell\n\nCommands may be shortened: `:tr` is `:train`. Ctrl-C stops training, Ctrl-D ends the session.\n";
    ui.data(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_shortened() {
        assert_eq!(find("cont").map(|c| c.name).ok(), Some("continue"));
        assert_eq!(find("e").map(|c| c.name).ok(), None);
        assert!(matches!(find("se"), Ok(c) if c.name == "set"));
        let Err(Failure::Said(_, why)) = find("trian") else { panic!("no such command") };
        assert!(why.contains("`:train`"), "{why}");
    }
}
