//! A sub-network as a net of its own: the units that were dropped are gone, the scaling of the others is in the weights.
//!
//! It predicts, by one pass, what the masked net predicted. Inputs stay, so that it reads the same rows; a dropped one has no weight.

use crate::{
    check::{Env, check_source},
    data::sizes::is_of_types,
    graph::Mode,
    kernels::aligned::AlignedVec,
    layers::{Law, Layer, Unitwise},
    lower::lower_eval,
    model::{Node, NodeKind, Use},
    run::{
        folder::trained::{Trained, TrainedError},
        subnets::{
            drawn::Drawn,
            subnet::{Known, SiteMask, subnet},
        },
    },
    runtime::{
        checkpoint::Checkpoint,
        progress::{Meta, Progress},
        store::Store,
    },
    syntax::{self, ast::Stmt},
    train::bayes_decay::TARGET_VARIANCE,
    vocab::Clock,
};

/// A net on its way to be thinned: its layers so far, and what is still to be done to the units of the last.
struct Chain<'a> {
    net: &'a Trained,
    store: Store,
    masks: Vec<SiteMask>,
    /// The moment by which rates go that change over time.
    clock: Clock,
    lines: Vec<String>,
    /// Matrices and vectors in the order of the layers: `[in, out]` with its number of columns, or a bias.
    params: Vec<Matrix>,
    /// The last matrix, if only unitwise layers came after it: its columns can be taken out.
    open: Option<usize>,
    /// What multiplies each unit, 0 where it was dropped; none if nothing does.
    factors: Option<Vec<f64>>,
}

struct Matrix {
    weight: Vec<f64>,
    columns: usize,
    bias: Option<Vec<f64>>,
    line: usize,
    /// The line with `{}` for the width.
    text: String,
}

/// The sub-network that a row saw.
///
/// # Errors
/// As [`subnet`]; a net that is no chain of dense layers, unitwise ones and dropout of coins.
pub fn thinned(net: &Trained, drawn: Drawn) -> Result<Trained, TrainedError> {
    let mut chain = Chain::new(net, drawn)?;
    for (i, node) in net.model.nodes.iter().enumerate() {
        let NodeKind::Layer(used) = &node.kind else { continue };
        let straight = matches!(&node.inputs[..], [one] if one.0 + 1 == i);
        if !straight || net.model.inputs.len() != 1 {
            return Err(unfit(format!(
                "{} does not follow the layer before it: only chains can be thinned",
                node.path
            )));
        }
        chain.layer(node, used)?;
    }
    if chain.factors.is_some() {
        return Err(unfit("the outputs themselves are dropped: there is no layer to take that into".into()));
    }
    chain.finished(drawn)
}

impl<'a> Chain<'a> {
    fn new(net: &'a Trained, drawn: Drawn) -> Result<Self, TrainedError> {
        let masks = subnet(net, drawn, &Known::default())?;
        let (clock, store) = (drawn.clock(), net.store()?);
        Ok(Self {
            net,
            store,
            masks,
            clock,
            lines: Vec::new(),
            params: Vec::new(),
            open: None,
            factors: None,
        })
    }

    fn layer(&mut self, node: &Node, used: &Use<dyn Layer>) -> Result<(), TrainedError> {
        let input = self.net.model.node(node.inputs[0]).ty.len();
        if let Some(site) = used.word.drop_site(&used.args) {
            let rate = site.rate.at(&self.clock);
            if rate == 0.0 {
                return Ok(());
            }
            let mask =
                self.masks.iter().find(|mask| mask.path == node.path).filter(|_| site.law == Law::Coin);
            let mask = mask.ok_or_else(|| unfit(format!("{} does more than drop units", node.path)))?;
            let keep = site.gain(rate);
            let own = mask.kept.iter().map(|kept| if *kept { keep } else { 0.0 });
            let before = self.factors.take().unwrap_or_else(|| vec![1.0; input]);
            self.factors = Some(before.into_iter().zip(own).map(|(a, b)| a * b).collect());
            return Ok(());
        }
        let weighted = used.word.facts().multiplies;
        match used.word.facts().unitwise {
            _ if weighted && node.params.len() <= 2 => self.dense(node, used),
            Some(kind) => {
                if kind == Unitwise::Other && self.factors.is_some() {
                    return Err(unfit(format!(
                        "{} bends units that were scaled before it: they cannot be taken out",
                        node.path
                    )));
                }
                self.lines.push(text(used));
                Ok(())
            }
            None => Err(unfit(format!(
                "{} mixes units: only dense layers, activations and dropout can be thinned",
                node.path
            ))),
        }
    }

    /// Takes the factors of its inputs into the weights, and the inputs that are 0 out of the layer before.
    fn dense(&mut self, node: &Node, used: &Use<dyn Layer>) -> Result<(), TrainedError> {
        let param =
            |i: usize| node.params.get(i).map(|id| (&self.net.model.params[id.0], &self.store.params[id.0]));
        let Some((declared, values)) = param(0) else {
            return Err(unfit(format!("{} has no weights", node.path)));
        };
        let columns = declared.dims[1];
        let mut weight: Vec<f64> = values.iter().map(|x| f64::from(*x)).collect();
        if let Some(drop) = node.weight_drop {
            let suffix = declared.name.rsplit('.').next().unwrap_or_default();
            let path = format!("{}.{suffix}.drop_connect", node.path);
            let mask = self.masks.iter().find(|mask| mask.path == path);
            let scale = 1.0 / crate::draws::keep(drop.p.at(&self.clock));
            for (x, kept) in weight.iter_mut().zip(mask.iter().flat_map(|mask| &mask.kept)) {
                *x *= if *kept { scale } else { 0.0 };
            }
        }
        if let Some(factors) = self.factors.take() {
            weight
                .chunks_exact_mut(columns)
                .zip(&factors)
                .for_each(|(row, c)| row.iter_mut().for_each(|x| *x *= c));
            if let Some(open) = self.open {
                let mut kept: Vec<usize> = (0..factors.len()).filter(|i| factors[*i] != 0.0).collect();
                if kept.is_empty() {
                    // A layer has a unit; this one has no weight.
                    kept.push(0);
                }
                weight = kept.iter().flat_map(|i| &weight[i * columns..(i + 1) * columns]).copied().collect();
                self.params[open].narrow(&kept);
                let matrix = &self.params[open];
                self.lines[matrix.line] = matrix.text.replace("{}", &matrix.columns.to_string());
            }
        }
        let bias = param(1).map(|(_, values)| values.iter().map(|x| f64::from(*x)).collect());
        let text = with_width(used);
        self.lines.push(text.replace("{}", &columns.to_string()));
        self.open = Some(self.params.len());
        self.params.push(Matrix { weight, columns, bias, line: self.lines.len() - 1, text });
        Ok(())
    }

    fn finished(self, drawn: Drawn) -> Result<Trained, TrainedError> {
        let meta = &self.net.checkpoint.meta;
        let source = source(self.net, &self.lines, drawn);
        let attributes: std::collections::BTreeMap<String, f64> = meta
            .attributes
            .iter()
            .filter(|(name, _)| *name != TARGET_VARIANCE && !is_of_types(name))
            .map(|(n, x)| (n.clone(), *x))
            .collect();
        let env = Env { sets: meta.sets.clone(), attributes: attributes.clone(), pedantic: false };
        let checked = check_source(&source, &env);
        let model = checked.model.ok_or_else(|| {
            let why = checked.diagnostics.iter().find(|d| d.is_error()).map_or("", |d| d.message.as_str());
            unfit(format!("the thinned net is not accepted: {why}"))
        })?;
        let graph = lower_eval(&model, Mode::Eval).graph;
        let tensors = self.params.iter().flat_map(|m| [Some(&m.weight), m.bias.as_ref()]).flatten();
        let params = tensors.map(|t| AlignedVec::of(&t.iter().map(|x| *x as f32).collect::<Vec<f32>>()));
        let store = Store { params: params.collect(), ..Store::default() };
        let meta = Meta { source, progress: Progress::default(), attributes, ..meta.clone() };
        let checkpoint = Checkpoint::held(&graph, &store, meta);
        Ok(Trained { model, checkpoint, calibration: Default::default() })
    }
}

/// The text of the thinned net: params and data as they were, then its layers.
fn source(net: &Trained, lines: &[String], drawn: Drawn) -> String {
    let whole = &net.checkpoint.meta.source;
    let file = syntax::parse(whole).0;
    let slice = |span: crate::diag::Span| whole.get(span.start..span.end).unwrap_or_default().to_string();
    let mut text = match drawn {
        Drawn::Sample { row, sample, seed } => {
            format!("## The sub-network of sample {sample} of row {row}, seed {seed}.\n")
        }
        Drawn::Training { epoch, position, .. } => {
            format!("## The sub-network that position {position} of epoch {epoch} was trained with.\n")
        }
    };
    text += "edition 1\n\n";
    for stmt in &file.stmts {
        match stmt {
            Stmt::Param(binding) | Stmt::Let(binding) => text += &format!("{}\n", slice(binding.span)),
            Stmt::Chain(chain) if chain.steps.first().is_some_and(|step| step.name.text == "data") => {
                text += &format!("\n{}\n", slice(chain.span));
            }
            _ => {}
        }
    }
    let node = net.model.node(net.model.inputs[0]);
    let output = &net.model.output;
    let sizes: Vec<String> = node.ty.sizes().iter().map(usize::to_string).collect();
    let NodeKind::Input { name } = &node.kind else { unreachable!("inputs are `Input` nodes") };
    text += &format!("\nnet {{\n  input {name}: real[{}]\n", sizes.join(", "));
    lines.iter().for_each(|line| text += &format!("  {line}\n"));
    text + &format!("  output {}: {}\n}}\n", output.name, output.kind)
}

impl Matrix {
    fn narrow(&mut self, kept: &[usize]) {
        let pick = |row: &[f64]| kept.iter().map(|i| row[*i]).collect::<Vec<f64>>();
        self.weight = self.weight.chunks_exact(self.columns).flat_map(pick).collect();
        self.bias = self.bias.as_deref().map(pick);
        self.columns = kept.len();
    }
}

fn unfit(why: String) -> TrainedError {
    TrainedError::Unfit(why)
}

/// A layer as it is written, with what was written beside it.
fn text(used: &Use<dyn Layer>) -> String {
    let args: Vec<String> =
        used.args.iter().filter(|g| g.written).map(|g| format!("{}={}", g.name, g.value)).collect();
    format!("{} {}", used.args.sig.name, args.join(", ")).trim_end().into()
}

/// The same with `{}` for the width; what only training knows is left out.
fn with_width(used: &Use<dyn Layer>) -> String {
    let bias = used.args.sig.arg("bias").is_some() && !used.args.flag("bias");
    format!("{} {{}}{}", used.args.sig.name, if bias { ", bias=false" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernels::team::Team,
        model::{McDropout, Mean},
        run::{
            predictions::sampling::Sampling,
            rig::{part, trained},
        },
    };

    #[test]
    fn the_thinned_net_predicts_what_the_masked_one_did() {
        for body in [
            "dropout 0.3\n  dense 12 -> relu -> dropout 0.5\n  dense 7 -> tanh -> dropout 0.4, scale=test\n  dense 3",
            "dense 9, bias=false -> dropout 0.5 -> leaky_relu\n  dense 3",
            "dense 8 -> relu -> dropout 0.5\n  drop_connect 0.3 { dense 3 }",
            "dense 2 -> relu -> dropout 0.9 -> dropout 0.5\n  dense 3",
        ] {
            let (net, part, team) = (trained(body), part(), Team::new(1));
            let mc = McDropout { samples: 6, seed: Some(5), until: None };
            let mut samples = Vec::new();
            let sampling = Sampling::new(vec![&net], &part, mc, &team);
            sampling.each_row(Mean::Arithmetic, |_, row| samples.push(row.to_vec())).unwrap();
            for (row, sample) in [(0, 0), (2, 5), (4, 3)] {
                let place = Drawn::Sample { row: row as u64, sample: sample as u32, seed: 5 };
                let thinned = thinned(&net, place).unwrap();
                assert!(thinned.model.parameter_count() <= net.model.parameter_count());
                assert!(!thinned.model.is_live_in_mc());
                let once =
                    Sampling::passes(vec![&thinned], &part, &team).means(Mean::Arithmetic).unwrap().unwrap();
                let (a, b) = (&once[3 * row..][..3], &samples[row][3 * sample..][..3]);
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{body}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn units_that_were_dropped_are_gone() {
        let net = trained("dense 64 -> relu -> dropout 0.75\n  dense 3");
        let place = Drawn::Sample { row: 1, sample: 2, seed: 9 };
        let kept =
            subnet(&net, place, &Known::default()).unwrap()[0].kept.iter().filter(|kept| **kept).count();
        let source = thinned(&net, place).unwrap().checkpoint.meta.source;
        assert!(kept < 32 && source.contains(&format!("dense {kept}\n")), "{kept} {source}");
    }

    #[test]
    fn what_cannot_be_thinned_says_so() {
        let say = |body: &str| {
            let place = Drawn::Sample { row: 0, sample: 0, seed: 0 };
            thinned(&trained(body), place).err().map(|e| e.to_string()).unwrap_or_default()
        };
        assert!(say("dense 4 -> dropout 0.5 -> tanh -> dense 3").contains("tanh_1 bends units"));
        assert!(say("dense 4 -> dropout 0.5, kind=alpha -> dense 3").contains("does more than drop"));
        assert!(say("dense 4 -> dropout 0.5 -> layer_norm -> dense 3").contains("layer_norm_1 mixes units"));
        assert!(say("dense 3 -> dropout 0.5").contains("the outputs themselves"));
        assert!(say("residual { dense 3 -> relu -> dropout 0.5 }").contains("only chains"));
    }
}
