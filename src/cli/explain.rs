//! `dropnet explain`: the page of a code, of a word of the language, of an argument, or of an idea.

use dropnet::internal::{check::nearest, diag, manual};

use serde_json::{Value as Json, json};

use super::{
    Outcome,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// A code such as E0203, a word such as `dropout`, an argument such as `share`, an idea such as `early stopping`, or a command; without it, the list of codes, words and ideas
    #[arg(value_name = "TOPIC")]
    topic: Vec<String>,
    /// Write all pages, as one document in Markdown
    #[arg(long, conflicts_with = "topic")]
    all: bool,
    /// Write JSON: an object a page; without a topic or `--all` one a word, idea and code, with a line about it
    #[arg(long)]
    json: bool,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let topic = self.topic.join(" ");
        if self.json {
            for object in self.objects(&topic)? {
                ui.data(&format!("{object}\n"))?;
            }
            return Ok(Exit::Done);
        }
        let text = match topic.as_str() {
            "" if self.all => manual::reference(),
            "" => index(),
            topic => page(topic).ok_or_else(|| unknown(topic))?,
        };
        ui.data(&text)?;
        Ok(Exit::Done)
    }
}

impl Command {
    fn objects(&self, topic: &str) -> Result<Vec<Json>, Failure> {
        let code = |(code, text): &(&str, &str)| json!({ "code": code, "text": text.trim_end() });
        if topic.is_empty() {
            let pages = manual::pages();
            let of_page = |page: &manual::Page| match self.all {
                true => page.json(),
                false => json!({ "word": page.sig.name, "family": page.family, "about": page.sig.about }),
            };
            let of_idea = |title: &'static str| match self.all {
                true => json!({ "idea": title, "text": manual::ideas::page(title) }),
                false => json!({ "idea": title }),
            };
            let ideas = manual::ideas::titles().map(of_idea);
            return Ok(pages.iter().map(of_page).chain(ideas).chain(diag::CODES.iter().map(code)).collect());
        }
        if let Some(found) = diag::CODES.iter().find(|(code, _)| code.eq_ignore_ascii_case(topic)) {
            return Ok(vec![code(found)]);
        }
        let pages: Vec<Json> = manual::find(topic).iter().map(manual::Page::json).collect();
        match pages.is_empty() {
            false => Ok(pages),
            true => {
                let text = page(topic).ok_or_else(|| unknown(topic))?;
                Ok(vec![json!({ "topic": topic, "text": text })])
            }
        }
    }
}

fn page(topic: &str) -> Option<String> {
    if let Some(text) = diag::explain(topic) {
        return Some(format!("{}: {}\n", topic.to_uppercase(), text.trim_end()));
    }
    let pages: Vec<String> = manual::find(topic).iter().map(manual::Page::markdown).collect();
    match pages[..] {
        [] => manual::choices(topic)
            .or_else(|| manual::arguments::page(topic))
            .or_else(|| manual::ideas::page(topic))
            .or_else(|| super::help_of(topic)),
        _ => Some(pages.join("\n")),
    }
}

/// Every word under its family, then every code with its title.
fn index() -> String {
    let mut out = String::new();
    let mut family = "";
    for page in manual::pages() {
        if page.family != family {
            family = page.family;
            out.push_str(&format!("{}{family}\n", if out.is_empty() { "" } else { "\n" }));
        }
        out.push_str(&format!("  {:<20}  {}\n", page.sig.name, page.sig.about));
    }
    out.push_str("\nidea\n");
    manual::ideas::titles().for_each(|title| out.push_str(&format!("  {title}\n")));
    out.push_str("\ncode\n");
    for (code, text) in diag::CODES {
        out.push_str(&format!("  {code:<20}  {}\n", text.lines().next().unwrap_or_default()));
    }
    out
}

fn unknown(topic: &str) -> Failure {
    let (names, arguments) = (manual::names(), manual::arguments::names());
    let codes = diag::CODES.iter().map(|(code, _)| *code);
    let all = names.iter().chain(&arguments).copied().chain(codes).chain(manual::ideas::names());
    let hint = match nearest(topic, all) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`dropnet explain` lists all words, ideas and codes".into(),
    };
    Failure::usage(format!("`{topic}` is neither a word of the language nor a code\nhelp: {hint}"))
}
