//! Which weights an edited net keeps: the two nets are compared layer by layer, never by the names that layers are given automatically.
//!
//! Layers of one word, one set of shapes and one label are alike. The longest common subsequence of both lists pairs them. Where it is not the
//! only one, as when one of two equal layers is taken out, the pairs that differ are left out: their weights start anew.

use crate::{
    model::{Model, Node, NodeKind, ParamId, StateId},
    runtime::store::Store,
};

/// What stays and what is new.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// Parameters of the old net and of the new one.
    params: Vec<(ParamId, ParamId)>,
    states: Vec<(StateId, StateId)>,
    /// Paths in the new net of layers with parameters that stay, and of those that start anew.
    pub kept: Vec<String>,
    pub new: Vec<String>,
}

impl Kept {
    #[must_use]
    pub fn between(old: &Model, new: &Model) -> Self {
        // Layers without weights tell equal ones apart; of very large nets the others must do.
        let all = old.nodes.len() * new.nodes.len() <= MOST;
        let (from, to) = (places(old, all), places(new, all));
        let (a, b) = (keys(old, &from), keys(new, &to));
        let first = pairs(&a, &b);
        let reversed = |keys: &[Key]| keys.iter().rev().cloned().collect::<Vec<_>>();
        let last = pairs(&reversed(&a), &reversed(&b));
        let last: Vec<(usize, usize)> =
            last.iter().map(|(i, j)| (a.len() - 1 - i, b.len() - 1 - j)).collect();
        let mut kept = Kept::default();
        for (j, node) in
            to.iter().map(|i| &new.nodes[*i]).enumerate().filter(|(_, node)| !node.params.is_empty())
        {
            if loads_anew(old, new, node) {
                kept.new.push(node.path.clone());
                continue;
            }
            let pair = first.iter().find(|pair| pair.1 == j && last.contains(pair));
            let Some((i, _)) = pair else {
                kept.new.push(node.path.clone());
                continue;
            };
            let before = &old.nodes[from[*i]];
            kept.kept.push(node.path.clone());
            let params = before.params.iter().copied().zip(node.params.iter().copied());
            // A parameter that two layers share is kept once.
            kept.params.extend(
                params.filter(|pair| !kept.params.iter().any(|known| known.1 == pair.1)).collect::<Vec<_>>(),
            );
            let states = before.states.iter().copied().zip(node.states.iter().copied());
            // What rows carry is of a pass, and no weight.
            kept.states.extend(states.filter(|(_, own)| !new.states[own.0].by_row));
        }
        kept
    }

    /// The tensors of the new net: fresh ones, with those that stay.
    #[must_use]
    pub fn store(&self, old: &Store, fresh: Store) -> Store {
        let mut store = fresh;
        for (before, after) in &self.params {
            store.params[after.0] = old.params[before.0].clone();
        }
        for (before, after) in &self.states {
            store.states[after.0] = old.states[before.0].clone();
        }
        store
    }
}

/// Whether a file that the old net did not name is to give the layer's weights.
fn loads_anew(old: &Model, new: &Model, node: &Node) -> bool {
    let loads =
        |model: &'_ Model| model.train.iter().flat_map(|train| train.loads.clone()).collect::<Vec<_>>();
    let (before, now) = (loads(old), loads(new));
    let own = now.iter().find(|load| load.holds(&node.path));
    own.is_some_and(|load| !before.iter().any(|known| known.is_as(load)))
}

/// What makes two layers alike: word, label, and shapes of parameters and states.
type Key = (&'static str, Option<String>, Vec<Vec<usize>>);

/// Entries of a table of pairs, at most.
const MOST: usize = 1 << 24;

/// Nodes that are compared: all, or those with parameters.
fn places(model: &Model, all: bool) -> Vec<usize> {
    (0..model.nodes.len()).filter(|i| all || !model.nodes[*i].params.is_empty()).collect()
}

fn keys(model: &Model, places: &[usize]) -> Vec<Key> {
    places.iter().map(|i| key(model, &model.nodes[*i])).collect()
}

fn key(model: &Model, node: &Node) -> Key {
    let word = match &node.kind {
        NodeKind::Input { .. } => "input",
        NodeKind::Layer(used) => used.args.sig.name,
    };
    let params = node.params.iter().map(|id| model.params[id.0].dims.clone());
    let states = node.states.iter().map(|id| model.states[id.0].dims.clone());
    // `dense_3` is counted; what the user wrote is not.
    let name = node.path.rsplit('/').next().unwrap_or_default();
    let counted = name.strip_prefix(word).and_then(|rest| rest.strip_prefix('_'));
    let label = counted.is_none_or(|rest| rest.parse::<usize>().is_err()).then(|| name.to_string());
    (word, label, params.chain(states).collect())
}

/// Pairs of a longest common subsequence, the first of several.
fn pairs(a: &[Key], b: &[Key]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = match a[i] == b[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{Env, check_source},
        lower::lower_eval,
    };

    fn model(layers: &str) -> Model {
        let source = format!("net {{\n input x: real[4]\n {layers}\n output y: class[3]\n}}");
        check_source(&source, &Env::default()).model.expect("a sound net")
    }

    fn between(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
        let kept = Kept::between(&model(old), &model(new));
        (kept.kept, kept.new)
    }

    #[test]
    fn names_that_are_counted_do_not_matter() {
        let (kept, new) = between("dense 8 -> relu\n dense 3", "dense 5 -> relu\n dense 8 -> relu\n dense 3");
        // The first layer's input is another one now, and so is that of the second.
        assert_eq!((kept, new), (vec!["dense_3".to_string()], vec!["dense_1".into(), "dense_2".into()]));
        let (kept, _) =
            between("dense 8 -> relu -> dense 3", "dropout 0.2 -> dense 8 -> tanh -> dropout 0.5 -> dense 3");
        assert_eq!(kept, ["dense_1", "dense_2"]);
    }

    #[test]
    fn what_could_be_either_of_two_starts_anew() {
        let (kept, new) = between("dense 4 -> relu\n dense 4 -> relu\n dense 3", "dense 4 -> relu\n dense 3");
        assert_eq!((kept, new), (vec!["dense_2".to_string()], vec!["dense_1".to_string()]));
    }

    #[test]
    fn labels_tell_equal_layers_apart() {
        let (kept, new) = between("a: dense 4\n b: dense 4\n dense 3", "b: dense 4\n dense 3");
        assert_eq!((kept, new), (vec!["b".to_string(), "dense_1".into()], vec![]));
    }

    #[test]
    fn what_a_new_statement_loads_starts_with_its_file() {
        let loading = |statement: &str| {
            let source = format!(
                "net {{\n input x: real[4]\n a: dense 4\n b: dense 3\n output y: class[3]\n}}\ntrain {{\n {statement}\n loss cross_entropy\n optimizer adam, lr=0.1\n epochs 1\n}}"
            );
            check_source(&source, &Env::default()).model.expect("a sound net")
        };
        let (plain, loaded) = (loading(""), loading("load \"a\", into=b"));
        assert_eq!(Kept::between(&plain, &loaded).new, ["b"]);
        assert!(Kept::between(&loaded, &loaded).new.is_empty());
        assert_eq!(Kept::between(&loaded, &loading("load \"c\", into=b")).new, ["b"]);
    }

    #[test]
    fn weights_and_statistics_move() {
        let (old, new) =
            (model("dense 4 -> batch_norm\n dense 3"), model("dense 4 -> batch_norm -> relu\n dense 3"));
        let fresh = |model: &Model, seed| {
            Store::fresh(model, &lower_eval(model, crate::graph::Mode::Eval).graph, seed)
        };
        let mut before = fresh(&old, 1);
        before.states.iter_mut().for_each(|s| s.fill(0.25));
        let after = Kept::between(&old, &new).store(&before, fresh(&new, 2));
        assert!(after.params.iter().zip(&before.params).all(|(a, b)| a[..] == b[..]));
        assert!(after.states.iter().all(|s| s.iter().all(|x| *x == 0.25)));
        assert!(fresh(&new, 2).params[0][..] != before.params[0][..]);
    }
}
