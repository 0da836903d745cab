//! Names that stand for words: `param act = relu`, `dense 64 -> act`, `vary act, [relu, tanh]`, `if act == relu { ... }`.
//!
//! A bare name that nothing has defined is a word where it is the whole value of a `param`, an item of `vary`, or a side of `==` or `!=`;
//! anywhere else it is an unknown name. Where a word is wanted, a name that is not among the words stands for its value.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    eval::{describe, eval},
    scope::{ATTRIBUTES, Scope},
    sizes::OPEN,
    suggest::nearest,
};
use crate::{
    diag::{Diagnostic, Span},
    syntax::ast::{Expr, ExprKind},
    vocab::Value,
};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// What each name that stands for words was wanted for, and what it was compared with.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accepted: BTreeMap<String, BTreeSet<String>>,
    /// Names that may be any word of such a form too.
    forms: BTreeMap<String, fn(&str) -> bool>,
    /// Words that a name is tried with, where they are written.
    meant: BTreeMap<Span, (String, String)>,
    /// The same of those that it is compared with.
    compared: BTreeMap<Span, (String, String)>,
}

impl Ledger {
    /// These words were wanted where the name stands.
    pub fn accept(&mut self, name: &str, words: impl IntoIterator<Item = String>) {
        self.accepted.entry(name.into()).or_default().extend(words);
    }

    /// Words of this form were wanted there too: `top5` is one of endlessly many.
    pub fn accept_form(&mut self, name: &str, form: fn(&str) -> bool) {
        self.forms.insert(name.into(), form);
    }

    /// The name is tried with this word.
    pub fn mean(&mut self, name: &str, word: &str, span: Span) {
        self.meant.insert(span, (name.into(), word.into()));
    }

    /// The name is compared with this word.
    pub fn compare(&mut self, name: &str, word: &str, span: Span) {
        self.compared.insert(span, (name.into(), word.into()));
    }

    /// Words that a name is tried with, and that no use of it takes. One that it is compared with may keep it from those uses, `if how == off`, unless it is nearly one of theirs.
    /// A name that is compared alone takes any.
    pub fn misspelt(&self) -> Vec<Diagnostic> {
        let all = self.meant.iter().map(|meant| (meant, true));
        let all = all.chain(self.compared.iter().map(|compared| (compared, false)));
        let strange = all.filter_map(|((span, (name, word)), is_tried)| {
            let accepted = self.accepted.get(name).filter(|words| !words.contains(word.as_str()))?;
            if self.forms.get(name).is_some_and(|is_such| is_such(word)) {
                return None;
            }
            let error =
                Diagnostic::error("E0215", *span, format!("no use of `{name}` takes the word `{word}`"))
                    .label("can never be right");
            match nearest(word, accepted.iter().map(String::as_str)) {
                Some(known) => Some(error.fix("a similar word exists", *span, known)),
                None => is_tried.then(|| {
                    error.note(format!(
                        "it can be {}",
                        accepted.iter().cloned().collect::<Vec<_>>().join(", ")
                    ))
                }),
            }
        });
        strange.collect()
    }
}

/// A value, or the word that a name is which nothing has defined.
pub fn eval_or_word(expr: &Expr, scope: &mut Scope) -> Result<Value> {
    match bare(expr, scope) {
        Some(word) => Ok(Value::Word(word.into())),
        None => eval(expr, scope),
    }
}

/// The word that an expression is, if it is one.
fn bare<'e>(expr: &'e Expr, scope: &Scope) -> Option<&'e str> {
    let ExprKind::Path(name) = &expr.kind else { return None };
    let known = scope.contains(name) || ATTRIBUTES.contains(&name.as_str());
    (!known && !["true", "false", OPEN].contains(&name.as_str()) && !name.contains('.')).then_some(name)
}

/// The two sides of `==` or `!=`: a bare name beside one that is defined is a word.
pub fn sides(left: &Expr, right: &Expr, scope: &mut Scope) -> Result<(Value, Value)> {
    for (word, other) in [(left, right), (right, left)] {
        if let (Some(found), ExprKind::Path(name)) = (bare(word, scope), &other.kind)
            && scope.contains(name)
        {
            scope.words.compare(name, found, word.span);
            let (value, word) = (eval(other, scope)?, Value::Word(found.into()));
            return Ok(if std::ptr::eq(other, left) { (value, word) } else { (word, value) });
        }
    }
    Ok((eval(left, scope)?.plain(), eval(right, scope)?.plain()))
}

/// The word that a name stands for where one of `words` is wanted. None if nothing has defined the name.
///
/// # Errors
/// E0110 for a name that is one of the words itself: which is meant? E0215 and E0205 for another word, or no word.
pub fn stands_for(
    name: &str,
    span: Span,
    words: &[&'static str],
    wanted: &str,
    scope: &mut Scope,
) -> Result<Option<String>> {
    if !scope.contains(name) {
        return Ok(None);
    }
    if words.contains(&name) {
        return Err(twofold(name, span, scope));
    }
    match scope.lookup(name) {
        None => Ok(None),
        Some(Err(fault)) => Err(fault),
        Some(Ok(Value::Word(word))) => {
            scope.words.accept(name, words.iter().map(ToString::to_string));
            if words.contains(&word.as_str()) {
                return Ok(Some(word));
            }
            let error = Diagnostic::error(
                "E0215",
                span,
                format!("{wanted} cannot be `{word}`, which `{name}` stands for"),
            )
            .label(format!("one of {}", words.join(", ")));
            let near = nearest(&word, words.iter().copied());
            Err(Box::new(
                near.iter().fold(error, |error, known| error.help(format!("did you mean `{known}`?"))),
            ))
        }
        Some(Ok(other)) => Err(Box::new(
            Diagnostic::error("E0205", span, format!("{wanted} is a word; `{name}` is {}", describe(&other)))
                .label(format!("one of {}", words.join(", "))),
        )),
    }
}

/// A name that is defined and is one of the words that may stand here.
pub fn twofold(name: &str, span: Span, scope: &Scope) -> Box<Diagnostic> {
    let error = Diagnostic::error("E0110", span, format!("`{name}` is a word here, and the name of a value"))
        .label("which is meant?")
        .help("give the value another name");
    Box::new(match scope.declared_at(name) {
        Some(place) => error.also(place, "the value of this name"),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{Env, check_source},
        model::{Model, Values, print},
    };

    /// A file with these params, layers and other sections.
    fn file(params: &str, layers: &str, rest: &str) -> String {
        format!("{params}\nnet {{\n  input x: real[4]\n  {layers}\n  output y: class[3]\n}}\n{rest}")
    }

    fn model(source: &str, sets: &[(&str, &str)]) -> Model {
        let sets = sets.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let checked = check_source(source, &Env { sets, ..Env::default() });
        assert!(checked.diagnostics.is_empty(), "{source}\n{:#?}", checked.diagnostics);
        checked.model.expect("a model")
    }

    fn findings(source: &str) -> Vec<String> {
        let checked = check_source(source, &Env::default());
        checked.diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect()
    }

    #[test]
    fn a_param_is_a_layer_an_argument_and_a_word_of_a_family() {
        let source = file(
            "param act = relu\nparam start = he_normal\nparam law = bernoulli\nparam way = adam",
            "dense 8, init=start -> act -> dropout 0.5, kind=law\n  dense 3, init=start",
            "train {\n loss cross_entropy\n optimizer way, lr=0.1\n epochs 3\n}\n",
        );
        let written = source
            .replace("-> act", "-> relu")
            .replace("init=start", "init=he_normal")
            .replace("kind=law", "kind=bernoulli")
            .replace("optimizer way", "optimizer adam");
        let written = written.split_once("net {").expect("a net").1;
        let printed = print(&model(&source, &[]));
        let layers = printed.split_once("way = adam\n").expect("params").1;
        assert_eq!(layers, print(&model(&format!("net {{{written}"), &[])));
        let set = print(&model(&source, &[("act", "gelu"), ("start", "zeros")]));
        assert!(set.contains("gelu_1: 8 = gelu(dense_1,") && set.contains("init=zeros"), "{set}");
    }

    #[test]
    fn a_param_may_be_a_block() {
        let source = file("param body = Wide\nblock Wide() {\n  dense 9 -> relu\n}", "body\n  dense 3", "");
        assert!(print(&model(&source, &[])).contains("Wide_1/dense_1"));
    }

    /// What stands in these files in place of a param's name is what its word would be.
    fn same_as(source: &str, param: &str, word: &str) {
        let head = format!("param {param} = {word}\n");
        let written = source.split_once(&head).expect("the param").1;
        let uses = |text: &str| text.replace(&format!("<{param}>"), param);
        let named = print(&model(&format!("{head}{}", uses(written)), &[]));
        let named = named.split_once('\n').expect("the param").1.to_owned();
        assert_eq!(named, print(&model(&written.replace(&format!("<{param}>"), word), &[])));
    }

    #[test]
    fn a_param_is_a_metric_a_score_and_a_source() {
        let train =
            "train {\n loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 3\n report <figure>, nll\n}\n";
        for word in ["accuracy", "top2", "brier"] {
            same_as(&file(&format!("param figure = {word}"), "dense 3", train), "figure", word);
        }
        same_as(
            &file("param figure = top_k", "dense 3", &train.replace("<figure>", "<figure>(2)")),
            "figure",
            "top_k",
        );
        let predict = "predict {\n mc_dropout samples=9\n report <score>, ece\n}\n";
        let source = file("param score = mutual_information", "dropout 0.5 -> dense 3", predict);
        let of = |text: &str| model(text, &[]).predict.report.iter().map(|r| r.name()).collect::<Vec<_>>();
        assert_eq!(of(&source.replace("<score>", "score")), ["mutual_information", "ece"]);
        let source = file("param points = moons\ndata {\n source points, rows=90\n}", "dense 3", "")
            .replace("real[4]", "real[2]")
            .replace("class[3]", "class[2]");
        let source = source.replace("dense 3", "dense 2");
        let name =
            |sets: &[(&str, &str)]| format!("{:?}", model(&source, sets).data.expect("a section").source);
        assert!(name(&[]).starts_with("Moons") && name(&[("points", "circles")]).starts_with("Circles"));
    }

    #[test]
    fn blocks_are_handed_words() {
        let block = "block Wide(n, act=relu, start=he_normal) {\n  dense n, init=start -> act\n}\nblock Two(body, act) {\n  body 8, act=act -> body 9\n}";
        let printed =
            |layers: &str, params: &str| print(&model(&file(&format!("{params}{block}"), layers, ""), &[]));
        let two = printed("Two Wide, act=tanh\n  dense 3", "");
        assert!(
            two.contains("tanh(Two_1/Wide_1/dense_1") && two.contains("relu(Two_1/Wide_2/dense_1"),
            "{two}"
        );
        let named = printed("Two body, act=way\n  dense 3", "param body = Wide\nparam way = tanh\n");
        assert_eq!(named.split_once("way = tanh\n").expect("params").1, two);
        let switch =
            "block Deep(size=small) {\n  if size == small {\n    dense 4\n  } else {\n    dense 5\n  }\n}";
        let switched = |layers: &str| print(&model(&file(switch, layers, ""), &[]));
        assert!(
            switched("Deep -> dense 3").contains("dense_1: 4")
                && switched("Deep large -> dense 3").contains("dense_1: 5")
        );
    }

    #[test]
    fn a_list_that_is_tried_may_have_a_name() {
        let sweep = "train {\n loss cross_entropy\n optimizer sgd, lr=rate\n epochs 3\n}\nsweep {\n vary rate, rates\n goal min, valid.loss\n}\n";
        let source = file("param rate = 0.1\nparam rates = [0.1, 0.3]", "dense 3", sweep);
        let sweep = model(&source, &[]).sweep.expect("a sweep");
        let Values::List(values) = &sweep.vary[0].values else { panic!("a list") };
        assert_eq!(values.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.1", "0.3"]);
    }

    #[test]
    fn words_are_compared_and_tried() {
        let net = "if act == relu {\n dense 8 -> act\n } else {\n dense 9 -> act\n }\n  dense 3";
        let sweep = "train {\n loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 3\n}\nsweep {\n vary act, [relu, tanh]\n goal min, valid.loss\n}\n";
        let source = file("param act = relu", net, sweep);
        let found = model(&source, &[]);
        assert!(
            print(&found).contains("dense_1: 8")
                && print(&model(&source, &[("act", "tanh")])).contains("dense_1: 9")
        );
        let Some(Values::List(values)) = found.sweep.map(|sweep| sweep.vary[0].values.clone()) else {
            panic!("a list")
        };
        assert_eq!(values.iter().map(ToString::to_string).collect::<Vec<_>>(), ["relu", "tanh"]);
        assert_eq!(
            findings(&source.replace("[relu, tanh]", "[relu, tahn]")),
            ["E0215 no use of `act` takes the word `tahn`"]
        );
        assert_eq!(
            findings(&source.replace("act == relu", "act == rleu")),
            ["E0215 no use of `act` takes the word `rleu`"]
        );
        // A word may keep the name from its other uses.
        assert_eq!(
            findings(&source.replace("act == relu {\n dense 8 -> act", "act == off {\n dense 8")),
            Vec::<String>::new()
        );
        // The list itself may be a param.
        let listed =
            source.replace("param act = relu", "param act = relu\nparam tried = [1, 2]\nparam n = 1");
        let listed = listed
            .replace("dense 8 -> act", "dense 8 * n -> act")
            .replace("vary act, [relu, tanh]", "vary n, tried");
        model(&listed, &[]);
        // A switch that is compared alone may be anything.
        model(
            &file(
                "param size = small",
                "if size == small {\n dense 3\n } else {\n dense 9 -> dense 3\n }",
                "",
            ),
            &[],
        );
    }

    #[test]
    fn what_is_no_word_of_a_section_is_said() {
        let train = "train {\n loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 3\n report figure\n}\n";
        let sweep = "sweep {\n vary figure, [accuracy, top5, acuracy]\n goal min, valid.loss\n}\n";
        for (params, rest, expected) in [
            (
                "param figure = acuracy",
                train,
                "E0215 the metric cannot be `acuracy`, which `figure` stands for",
            ),
            ("param figure = 3", train, "E0205 the metric is a word; `figure` is the number 3"),
            (
                "param figure = mutual_information",
                train,
                "E0205 `mutual_information` is a figure of predictions, not of training",
            ),
            (
                "param figure = accuracy",
                &format!("{train}{sweep}"),
                "E0215 no use of `figure` takes the word `acuracy`",
            ),
            (
                "param points = mons\ndata {\n source points\n}",
                "",
                "E0215 the source cannot be `mons`, which `points` stands for",
            ),
            (
                "param moons = circles\ndata {\n source moons\n}",
                "",
                "E0110 `moons` is a word here, and the name of a value",
            ),
        ] {
            let found = findings(&file(params, "dense 3", rest));
            assert_eq!(found.first().map(String::as_str), Some(expected), "{params} {rest}");
        }
    }

    #[test]
    fn what_is_no_word_of_the_place_is_said() {
        for (params, layers, expected) in [
            ("param act = rleu", "dense 3 -> act", "E0203 `rleu`, which `act` stands for, is no layer"),
            ("param relu = gelu", "dense 3 -> relu", "E0110 `relu` is a word here, and stands for `gelu`"),
            (
                "param zeros = ones",
                "dense 3, init=zeros",
                "E0110 `zeros` is a word here, and the name of a value",
            ),
            (
                "param start = he",
                "dense 3, init=start",
                "E0215 `init` of `dense` cannot be `he`, which `start` stands for",
            ),
            (
                "param start = 3",
                "dense 3, init=start",
                "E0205 `init` of `dense` is a word; `start` is the number 3",
            ),
            (
                "param width = wide",
                "dense width -> dense 3",
                "E0205 `width` of `dense` is a whole number, found the word `wide`",
            ),
            ("let act = relu", "dense 3 -> act", "E0101 unknown name `relu`"),
            ("param n = 3", "dense n == 3", "E0205 `width` of `dense` is a whole number, found `true`"),
            ("", "if a == b {\n dense 3\n }\n  dense 3", "E0101 unknown name `a`"),
            (
                "block B(act=rleu) {\n  dense 3 -> act\n}",
                "B",
                "E0203 `rleu`, which `act` stands for, is no layer",
            ),
            (
                "param width = 3\nblock B(n) {\n  dense n\n}",
                "B wdth -> dense width",
                "E0101 unknown name `wdth`",
            ),
        ] {
            assert_eq!(
                findings(&file(params, layers, "")).first().map(String::as_str),
                Some(expected),
                "{params} {layers}"
            );
        }
    }

    /// A shell takes quotes away: what stands for a text is one, as it is written.
    #[test]
    fn a_text_is_set_without_quotes() {
        let source = "param file = \"a.csv\"\nparam rate = 0.5\ndata {\n  source csv, file\n}\nnet {\n  input x: real[2]\n  dense 2 -> dropout rate\n  output y: real[2]\n}\n";
        let set = |name: &str, value: &str| {
            let env = Env { sets: vec![(name.into(), value.into())], ..Env::default() };
            let checked = check_source(source, &env);
            let errors: Vec<String> =
                checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.clone()).collect();
            (checked.model.and_then(|model| model.data?.source.file().map(str::to_owned)), errors)
        };
        for value in ["b-2.csv", "\"b-2.csv\"", "../b 3.csv", "wine"] {
            assert_eq!(set("file", value), (Some(value.trim_matches('"').into()), Vec::new()));
        }
        assert!(set("rate", "b.csv").1[0].contains("is not a value"));
    }
}
