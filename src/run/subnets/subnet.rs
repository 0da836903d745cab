//! Which sub-network a row saw: the masks of one sample of a prediction, or of one row in one epoch of training, drawn again.
//!
//! Masks depend on seed, place and position alone, so nothing of the run is needed but its seed.

use serde::Serialize;

use crate::{
    data::{Fields, Input, Numbers, RowBuffer, Rows, Search},
    draws::{self, Squares},
    graph::{Address, Mode, Op, StepInfo, Tossed},
    lower::{Lowered, lower_predict, lower_samples},
    model::{Model, Node},
    run::{
        folder::trained::{Trained, TrainedError},
        subnets::drawn::Drawn,
    },
};

/// The units (or weights) of one site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteMask {
    pub path: String,
    /// Of the value that is masked, without the batch.
    pub shape: Vec<usize>,
    /// For each of these axes, whether all places along it share one coin.
    #[serde(skip)]
    pub shared: Vec<bool>,
    /// By unit, row-major: whether it is kept.
    pub kept: Vec<bool>,
    /// Of a site over time: how many steps, and whether the first axis is theirs; else each step has the whole mask.
    #[serde(skip)]
    pub time: Option<(usize, bool)>,
}

impl SiteMask {
    /// A mask of heads as maps of queries by keys, whose channels are the heads.
    fn heads_last(self) -> Self {
        let &[heads, queries, keys] = &self.shape[..] else { return self };
        let places = queries * keys;
        let kept = (0..places).flat_map(|place| (0..heads).map(move |head| head * places + place));
        let kept = kept.map(|i| self.kept[i]).collect();
        Self { shape: vec![queries, keys, heads], kept, ..self }
    }

    /// What each step of a row keeps, of a site over time.
    #[must_use]
    pub fn steps(&self) -> Option<Vec<&[bool]>> {
        let (steps, apart) = self.time?;
        Some(match apart {
            true => self.kept.chunks(self.kept.len().div_ceil(steps).max(1)).collect(),
            false => vec![&self.kept[..]; steps],
        })
    }

    /// Without what lies behind the row's end, where that is known.
    fn of_own_steps(self, model: &Model, known: &Known) -> Self {
        let masked = node_of(model, &self.path).and_then(|node| Some(&model.node(*node.inputs.first()?).ty));
        let (Some(ty), Some(length), Some(first)) = (masked, known.length, self.shape.first().copied())
        else {
            return self;
        };
        let (Some(ragged), Some(axis)) = (ty.ragged(), ty.steps()) else { return self };
        let own = ragged.places(length).min(axis.size);
        if let Some((steps, false)) = self.time {
            return Self { time: Some((own.min(steps), false)), ..self };
        }
        let steps = axis.size;
        if first != steps {
            return self;
        }
        let kept = self.kept[..self.kept.len() / steps.max(1) * own].to_vec();
        let shape = [&[own], &self.shape[1..]].concat();
        let time = self.time.map(|(_, apart)| (own, apart));
        Self { shape, kept, time, ..self }
    }

    /// The one map that all are masked by, where they share their coins.
    #[must_use]
    pub fn one_map(&self) -> Option<Self> {
        let (&[height, width, channels], [false, false, true]) = (&self.shape[..], &self.shared[..]) else {
            return None;
        };
        let kept = self.kept.iter().step_by(channels.max(1)).copied().collect();
        Some(Self { shape: vec![height, width, 1], kept, ..self.clone() })
    }

    /// By map: whether it is kept, where whole maps are dropped.
    #[must_use]
    pub fn whole_maps(&self) -> Option<&[bool]> {
        match (&self.shape[..], &self.shared[..]) {
            (&[_, _, channels], [true, true, false]) => Some(&self.kept[..channels]),
            _ => None,
        }
    }
}

/// What is known of a row beside its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// By input its tokens, or its category, where it reads some: masks of word types hang on them.
    tokens: Vec<Vec<i32>>,
    /// How many of its steps are its own, where rows have lengths.
    length: Option<usize>,
}

impl Known {
    /// Of a row of an input of `predict`.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn of(net: &Trained, rows: &Rows, row: usize) -> Result<Self, TrainedError> {
        let numbers = |input: &Input| -> Result<Vec<i32>, TrainedError> {
            match RowBuffer::default().row(&*input.store, row)? {
                Numbers::I32(whole) => Ok(whole.to_vec()),
                Numbers::F32(_) | Numbers::U8(_) => Ok(Vec::new()),
            }
        };
        let declared = net.model.inputs.len();
        Ok(Self {
            tokens: rows.inputs.iter().take(declared).map(numbers).collect::<Result<_, _>>()?,
            length: match rows.inputs.get(declared).map(numbers).transpose()?.as_deref() {
                Some([length, ..]) => usize::try_from(*length).ok(),
                _ => None,
            },
        })
    }

    /// The words of its own steps, where it is a text.
    #[must_use]
    pub fn words(&self, net: &Trained) -> Vec<String> {
        let Fields::Text(rule) = &net.checkpoint.meta.transform.fields else { return Vec::new() };
        let own = self.tokens.first().into_iter().flatten().take(self.length.unwrap_or(0));
        own.map(|token| rule.tokenizer.name(*token)).collect()
    }
}

/// The masks of every live site, in the order of the net.
///
/// # Errors
/// A net without live coins, or with multipliers that are none; a mask for a whole update where a row of training is asked for; masks of word types
/// of a row that is not known.
pub fn subnet(net: &Trained, drawn: Drawn, known: &Known) -> Result<Vec<SiteMask>, TrainedError> {
    let lowered = match drawn {
        Drawn::Sample { .. } => lower_samples(&net.model, false),
        Drawn::Training { .. } => lower_predict(&net.model, Mode::Train),
    };
    masks(net, &lowered, drawn, known)
}

/// Those of a net that is lowered for samples, or for training.
fn masks(
    net: &Trained,
    lowered: &Lowered,
    drawn: Drawn,
    known: &Known,
) -> Result<Vec<SiteMask>, TrainedError> {
    let unfit = |why: String| Err(TrainedError::Unfit(why));
    let (Drawn::Sample { row: position, .. } | Drawn::Training { position, .. }) = drawn;
    let step = StepInfo { clock: drawn.clock(), ..StepInfo::of_prediction(1) };
    let graph = &lowered.graph;
    let mut masks = Vec::new();
    for v in graph.values() {
        let Some(site) = graph.drawn_from(v).map(|site| &graph.sites[site.index()]) else { continue };
        if !is_multiplied(&net.model, &site.path) {
            continue;
        }
        let by_type = (graph.node(v).op == Op::KeepMaskAt).then(|| graph.node(v).inputs[1]);
        let tokens = match graph.node(v).inputs.last().map(|input| &graph.node(*input).op) {
            Some(Op::Input { slot, .. }) => known.tokens.get(*slot as usize).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        if by_type.is_some() && tokens.is_empty() {
            return unfit(format!(
                "the coins of {} are those of the words of a row\nhelp: `--input FILE` says which they are",
                site.path
            ));
        }
        if let Op::DropSquares { size, shared } = graph.node(v).op {
            let [_, threshold, x] = graph.node(v).inputs[..] else { continue };
            let Op::Scalar(threshold) = graph.node(threshold).op else { continue };
            let shape: Vec<usize> = graph.ty(x).dims.iter().filter_map(|dim| dim.size()).collect();
            let key = draws::row_key(stream(net, drawn, site.hash), position);
            let squares = Squares::of(&shape, size, shared);
            let dropped = squares.dropped(key, lowered.scalars[threshold.index()].word(&step));
            let kept = dropped.into_iter().map(|dropped| !dropped).collect();
            let channels = shape.len() - 1;
            let shared = (0..shape.len()).map(|axis| shared && axis == channels).collect();
            let time = steps_of(&net.model, &site.path, &shape);
            let mask = SiteMask { path: site.path.clone(), shape, shared, kept, time };
            masks.push(mask.of_own_steps(&net.model, known));
            continue;
        }
        let tossed = match by_type.map(|threshold| &graph.node(threshold).op) {
            Some(Op::Scalar(threshold)) => {
                let units = tokens.iter().map(|token| token.cast_unsigned() as usize).collect();
                (*threshold, units, vec![tokens.len()], vec![false], false)
            }
            _ => match graph.tossed(v) {
                Some(Tossed { threshold, units, shape, shared, of_heads, .. }) => {
                    (threshold, units, shape, shared, of_heads)
                }
                None => {
                    let path = &site.path;
                    return unfit(format!(
                        "the multipliers of {path} are not coins: there is no sub-network"
                    ));
                }
            },
        };
        let (threshold, units, shape, shared, of_heads): (_, Vec<usize>, _, _, _) = tossed;
        if site.address == Address::Update && matches!(drawn, Drawn::Training { .. }) {
            return unfit(format!("{} has one mask for a whole minibatch, not one for a row", site.path));
        }
        // Where one draw serves all rows, its key counts none.
        let at = if site.address == Address::Row { position } else { 0 };
        let key = draws::row_key(stream(net, drawn, site.hash), at);
        let threshold = lowered.scalars[threshold.index()].word(&step);
        let kept = units.iter().map(|unit| draws::kept(key, *unit as u32, threshold)).collect();
        let time = steps_of(&net.model, &site.path, &shape);
        let mask = SiteMask { path: site.path.clone(), shape, shared, kept, time };
        masks.push(if of_heads { mask.heads_last() } else { mask.of_own_steps(&net.model, known) });
    }
    match masks.is_empty() {
        true => unfit("nothing of this net is left to chance: every row sees the whole of it".into()),
        false => Ok(masks),
    }
}

/// The layer that a site is of: its own, or one that drops something within.
fn node_of<'m>(model: &'m Model, path: &str) -> Option<&'m Node> {
    let within = |node: &&Node| path.strip_prefix(&node.path).is_some_and(|rest| rest.starts_with('.'));
    model.nodes.iter().find(|node| node.path == path).or_else(|| model.nodes.iter().find(within))
}

/// The steps that the mask at a site is of, and whether its first axis is theirs: a site within a recurrent layer says whether steps have coins of
/// their own, and where tokens are looked up each has one.
fn steps_of(model: &Model, path: &str, shape: &[usize]) -> Option<(usize, bool)> {
    let node = node_of(model, path)?;
    let masked = &model.node(*node.inputs.first()?).ty;
    let steps = masked.steps()?.size;
    if node.path == path || masked.vocab().is_some() {
        return (shape.first() == Some(&steps)).then_some((steps, true));
    }
    let inner =
        node.inner_drops(model).into_iter().find(|inner| path.ends_with(&format!(".{}", inner.name)))?;
    Some((steps, inner.fresh || !inner.scaled)).filter(|_| node.facts().recurrent)
}

/// The masks of the first rows of a step of training, site by site: a line a row, a dot where a unit is dropped.
///
/// # Errors
/// As [`subnet`] and [`Drawn::in_step`].
pub fn mask_rows(
    net: &Trained,
    search: &Search,
    step: u64,
    rows: usize,
    units: usize,
) -> Result<String, TrainedError> {
    let these = Drawn::of_step(net, search, step)?;
    let there = these.len().min(rows);
    let lowered = lower_predict(&net.model, Mode::Train);
    let drawn = these[..there].iter().map(|drawn| masks(net, &lowered, *drawn, &Known::default()));
    let drawn = drawn.collect::<Result<Vec<Vec<SiteMask>>, TrainedError>>()?;
    let mut out = String::new();
    for (i, site) in drawn[0].iter().enumerate() {
        let width = site.kept.len();
        let some =
            if width > units { format!(", the first {units} of {width} units") } else { String::new() };
        out += &format!("{}, step {step}, rows 0 to {}{some}\n", site.path, there - 1);
        for masks in &drawn {
            let marks = masks[i].kept.iter().take(units).map(|kept| if *kept { '#' } else { '.' });
            out += &format!("  {}\n", marks.collect::<String>());
        }
    }
    Ok(out)
}

/// Whether what is drawn at a site multiplies: `noise`, in training, takes no unit away.
fn is_multiplied(model: &Model, path: &str) -> bool {
    let layer = model.nodes.iter().find(|node| node.path == path);
    layer.is_none_or(|node| node.layer().is_none() || node.drop_site().is_some())
}

fn stream(net: &Trained, drawn: Drawn, site: u64) -> u64 {
    match drawn {
        Drawn::Sample { sample, seed, .. } => draws::predict_stream(seed, site, u64::from(sample)),
        Drawn::Training { epoch, .. } => draws::train_stream(net.checkpoint.meta.seed, site, epoch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::predictions::sampling::Sampling;
    use crate::{
        graph::{Bindings, Sink, Tensor, interpret},
        kernels::team::Team,
        model::{McDropout, Mean},
        run::rig::{part, rows, trained},
        vocab::Clock,
    };

    /// The net with these masks in place of its draws gives the sample that prediction takes.
    #[test]
    fn the_masks_are_those_of_the_sample() {
        let trained =
            trained("dropout 0.4\n  dense 6 -> relu -> dropout 0.5\n  drop_connect 0.3 { dense 3 }");
        let part = part();
        let team = Team::new(1);
        let store = trained.store().unwrap();
        let mut drawn = Vec::new();
        let sampling =
            Sampling::new(vec![&trained], &part, McDropout { samples: 9, seed: Some(5), until: None }, &team);
        sampling.each_row(Mean::Arithmetic, |_, samples| drawn.push(samples.to_vec())).unwrap();
        let lowered = lower_samples(&trained.model, true);
        for (row, sample) in [(0, 0), (3, 7), (4, 8)] {
            let place = Drawn::Sample { row: row as u64, sample: sample as u32, seed: 5 };
            let masks = subnet(&trained, place, &Known::default()).unwrap();
            assert_eq!(masks.iter().map(|m| m.kept.len()).collect::<Vec<_>>(), [3, 6, 18]);
            let x = rows()[3 * row..][..3].to_vec();
            let mut bindings = Bindings::<f32> {
                rows: 1,
                inputs: vec![Tensor::real(&[1, 3], x)],
                positions: vec![0],
                ..Bindings::default()
            };
            let params = lowered.graph.params.iter().zip(&store.params);
            bindings.params = params.map(|(s, v)| Tensor::real(&s.dims, v.to_vec())).collect();
            let step = StepInfo::of_prediction(1);
            let words: Vec<u32> = lowered.scalars.iter().map(|def| def.word(&step)).collect();
            bindings.bind_scalar_words(&lowered.graph, &words);
            for (i, site) in lowered.graph.sites.iter().enumerate() {
                let mask = masks.iter().find(|mask| mask.path == site.path).unwrap();
                let values: Vec<f32> = mask.kept.iter().map(|k| f32::from(u8::from(*k))).collect();
                let dims: &[usize] = if values.len() == 18 { &[6, 3] } else { &[1, values.len()] };
                bindings.overrides.insert(crate::graph::SiteId(i as u32), Tensor::real(dims, values));
            }
            let values = interpret(&lowered.graph, &bindings).unwrap();
            let masked = values.sink(Sink::Output).unwrap().reals();
            for (a, b) in masked.iter().zip(&drawn[row][3 * sample..][..3]) {
                assert!((a - b).abs() < 1e-5, "row {row}, sample {sample}: {a} {b}");
            }
        }
    }

    /// Squares of one place of what a convolution of one number made: logits are what was kept, as the sample has them.
    #[test]
    fn squares_are_masks_of_a_sample_too() {
        let trained =
            trained("reshape 1x3x1 -> conv 1, 1x1 -> dropout 0.4, kind=dropblock, size=1 -> flatten");
        let (part, team) = (part(), Team::new(1));
        let mc = McDropout { samples: 6, seed: Some(5), until: None };
        let mut drawn = Vec::new();
        Sampling::new(vec![&trained], &part, mc, &team)
            .each_row(Mean::Arithmetic, |_, samples| drawn.push(samples.to_vec()))
            .unwrap();
        let store = trained.store().unwrap();
        let (weight, bias) = (store.params[0][0], store.params[1][0]);
        let mut seen = Vec::new();
        for (row, sample) in (0..5).flat_map(|row| (0..6).map(move |sample| (row, sample))) {
            let place = Drawn::Sample { row: row as u64, sample: sample as u32, seed: 5 };
            let masks = subnet(&trained, place, &Known::default()).unwrap();
            let [mask] = &masks[..] else { panic!("{masks:?}") };
            assert_eq!((mask.path.as_str(), &mask.shape[..]), ("dropout_1", &[1, 3, 1][..]));
            let x = rows()[3 * row..][..3].iter().map(|x| f64::from(weight * x + bias)).collect::<Vec<_>>();
            let kept = mask.kept.iter().map(|kept| f64::from(u8::from(*kept)));
            let z: Vec<f64> = x.iter().zip(kept).map(|(x, kept)| (x * kept / 0.6).exp()).collect();
            let sum: f64 = z.iter().sum();
            for (z, p) in z.iter().zip(&drawn[row][3 * sample..][..3]) {
                assert!((z / sum - f64::from(*p)).abs() < 1e-5, "row {row}, sample {sample}: {mask:?}");
            }
            seen.extend(mask.kept.iter().copied());
        }
        assert!((20..=60).contains(&seen.iter().filter(|kept| !**kept).count()), "{seen:?}");
    }

    #[test]
    fn what_has_no_sub_network_says_so() {
        let say =
            |body: &str, place| subnet(&trained(body), place, &Known::default()).unwrap_err().to_string();
        let sample = Drawn::Sample { row: 0, sample: 0, seed: 0 };
        let clock = Clock { update: 0, updates_per_epoch: 1, horizon: 1 };
        let training = Drawn::Training { epoch: 0, position: 3, clock };
        assert!(say("dense 3", sample).starts_with("nothing of this net is left to chance"));
        assert!(say("dropout 0.5, kind=gaussian -> dense 3", sample).contains("dropout_1 are not coins"));
        assert!(
            say("dropout 0.5, share=batch -> dense 3", training).contains("one mask for a whole minibatch")
        );
        let net = trained("noise 0.1 -> dense 64 -> dropout 0.25 -> dense 3");
        let masks = |drawn| subnet(&net, drawn, &Known::default()).unwrap();
        assert_ne!(masks(training), masks(sample));
        let kept = masks(training)[0].kept.iter().filter(|k| **k).count();
        assert!((35..=60).contains(&kept), "{kept}");
    }

    /// The share of units that are kept follows the ramp of the rate: half of the way, half of the rate; a sample has the last rate.
    #[test]
    fn a_mask_has_the_rate_of_its_time() {
        let net = trained("dense 4000 -> dropout ramp(0, 0.5, over=10steps) -> dense 3");
        let kept = |drawn| {
            let masks = subnet(&net, drawn, &Known::default()).unwrap();
            masks[0].kept.iter().filter(|kept| **kept).count() as f64 / 4000.0
        };
        let at = |update| {
            let clock = Clock { update, updates_per_epoch: 20, horizon: 20 };
            kept(Drawn::Training { epoch: 0, position: 3, clock })
        };
        assert_eq!(at(0), 1.0);
        // Four standard errors of a share.
        for (update, rate) in [(5, 0.25), (10, 0.5), (15, 0.5)] {
            assert!(
                (at(update) - (1.0 - rate)).abs() < 4.0 * 0.5 / 4000.0_f64.sqrt(),
                "{update}: {}",
                at(update)
            );
        }
        let sample = kept(Drawn::Sample { row: 0, sample: 0, seed: 0 });
        assert!((sample - 0.5).abs() < 0.04, "{sample}");
    }
}
