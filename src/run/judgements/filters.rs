//! What the units of a layer look for in what they read: their weights as pictures.

use crate::{
    model::{Model, Node, NodeId, Param, ParamRole, Role},
    plot::{Shades, Sheet, Tiles},
    run::{
        folder::trained::{Trained, TrainedError},
        judgements::{activity::Shown, maps::upright},
    },
};

/// Tiles that are shown of a net.
const SHOWN: usize = 100;
/// Of filters that read many maps: how many maps, at most.
const MAPS: usize = 10;

/// The incoming weights of a layer's units, a tile each; several nets side by side (Srivastava et al. 2014, figure 7). Without a layer's
/// name, of the first that has weights, where these read an image, else of the first convolution. Filters that read other than 1 or 3 maps have a tile for
/// each map, a row of tiles each; those of a spectrogram stand as it does, time to the right and low frequencies below.
///
/// # Errors
/// A net whose first weights do not read the dots of an image; a layer that is not there, or whose weights are no pictures.
pub fn filters(nets: &[Shown<'_>], layer: Option<&str>) -> Result<Tiles, TrainedError> {
    let sheets = nets.iter().map(|one| {
        let sheet = sheet_of(one.net, layer)?;
        Ok(Sheet { title: one.titled(&sheet.title), ..sheet })
    });
    Ok(Tiles { sheets: sheets.collect::<Result<_, TrainedError>>()? })
}

fn sheet_of(net: &Trained, layer: Option<&str>) -> Result<Sheet, TrainedError> {
    let model = &net.model;
    let weights = match layer {
        None => first_weights(model)?,
        Some(path) => weights_of(model, path)?,
    };
    let store = net.store()?;
    let place = model.params.iter().position(|one| one.name == weights.param().name).unwrap_or(0);
    let sheet = weights.tiles(&store.params[place]);
    let with = if model.is_live_in_mc() { "with" } else { "without" };
    Ok(Sheet { title: format!("{} {with} dropout{}", weights.param().name, sheet.title), ..sheet })
}

/// Weights that are pictures.
#[derive(Debug)]
enum Weights<'m> {
    /// A matrix whose rows are the dots of an image: height, width, channels.
    Dense([usize; 3], &'m Param),
    /// Filters of a convolution, and whether what they read has an axis of frequencies.
    Filters(&'m Param, bool),
}

impl Weights<'_> {
    fn param(&self) -> &Param {
        match self {
            Self::Dense(_, param) | Self::Filters(param, _) => param,
        }
    }

    fn tiles(&self, weights: &[f32]) -> Sheet {
        let every = |first: usize, step: usize| weights.iter().skip(first).step_by(step).copied();
        let sheet = |shape, columns, title: &str, tiles: Vec<Vec<f32>>| {
            let tiles = tiles.into_iter().take(SHOWN).collect();
            Sheet { title: title.into(), shape, shades: Shades::Signed, columns, tiles }
        };
        match (self, &self.param().dims[..]) {
            (Self::Dense(shape, _), &[_, units]) => sheet(
                *shape,
                None,
                "",
                (0..units.min(SHOWN)).map(|unit| every(unit, units).collect()).collect(),
            ),
            (Self::Filters(_, true), &[frames, bands, read, filters]) => {
                let maps = read.min(MAPS);
                let pairs =
                    (0..filters.min(SHOWN / maps)).flat_map(|filter| (0..maps).map(move |map| (filter, map)));
                let tiles = pairs.map(|(filter, map)| {
                    let plane: Vec<f32> = every(map * filters + filter, read * filters).collect();
                    upright(&plane, [frames, bands])
                });
                let pairs = if read > 1 { ", a row a filter, a column a map that it reads" } else { "" };
                let title = format!("{pairs}, time to the right, low frequencies below");
                sheet([bands, frames, 1], (read > 1).then_some(maps), &title, tiles.collect())
            }
            (_, &[height, width, read @ (1 | 3), filters]) => {
                let tiles = (0..filters.min(SHOWN)).map(|filter| every(filter, filters).collect());
                sheet([height, width, read], None, "", tiles.collect())
            }
            (_, &[.., read, filters]) if self.param().dims.len() == 4 => {
                let maps = read.min(MAPS);
                let pairs =
                    (0..filters.min(SHOWN / maps)).flat_map(|filter| (0..maps).map(move |map| (filter, map)));
                let tiles =
                    pairs.map(|(filter, map)| every(map * filters + filter, read * filters).collect());
                let shape = [self.param().dims[0], self.param().dims[1], 1];
                sheet(shape, Some(maps), ", a row a filter, a column a map that it reads", tiles.collect())
            }
            // Over steps: `[size, read, filters]`, steps to the right and what is read downwards, but frequencies upwards.
            (_, &[size, read, filters]) => {
                let heard = matches!(self, Self::Filters(_, true));
                let tile = |filter: usize| {
                    (0..read)
                        .map(|line| if heard { read - 1 - line } else { line })
                        .flat_map(|map| every(map * filters + filter, read * filters).take(size))
                        .collect()
                };
                let title =
                    if heard { ", time to the right, low frequencies below" } else { ", steps to the right" };
                sheet([read, size, 1], None, title, (0..filters.min(SHOWN)).map(tile).collect())
            }
            _ => sheet([1, 1, 1], None, "", Vec::new()),
        }
    }
}

/// The weights of the layer at a path.
fn weights_of<'m>(model: &'m Model, path: &str) -> Result<Weights<'m>, TrainedError> {
    let with_weights = |node: &&Node| weight(model, node).is_some();
    let found = model.nodes.iter().filter(with_weights).find(|node| node.path == path);
    let Some(node) = found else {
        let known: Vec<String> =
            model.nodes.iter().filter(with_weights).map(|node| format!("`{}`", node.path)).collect();
        return Err(TrainedError::Unfit(format!(
            "no layer with weights is called `{path}`\nhelp: there are {}",
            known.join(", ")
        )));
    };
    if let Some(filters) = filters_of(model, node) {
        return Ok(filters);
    }
    match first_weights(model) {
        Ok(first) if model.node(first.param().node).path == path => Ok(first),
        _ => Err(TrainedError::Unfit(format!("{path} does not read the dots of an image one by one"))),
    }
}

fn weight<'m>(model: &'m Model, node: &Node) -> Option<&'m Param> {
    node.params.iter().map(|id| &model.params[id.0]).find(|param| param.role == ParamRole::Weight)
}

/// The filters of a convolution.
fn filters_of<'m>(model: &'m Model, node: &Node) -> Option<Weights<'m>> {
    let param = weight(model, node).filter(|param| param.dims.len() > 2)?;
    Some(Weights::Filters(param, model.node(*node.inputs.first()?).ty.has_role(Role::Freq)))
}

/// The weights that read the image: filters, or a matrix that reads its dots in their order. Where none does, as behind a spectrogram or beside another
/// branch, the filters of the first convolution.
fn first_weights(model: &Model) -> Result<Weights<'_>, TrainedError> {
    reads_image(model).or_else(|why| model.nodes.iter().find_map(|node| filters_of(model, node)).ok_or(why))
}

fn reads_image(model: &Model) -> Result<Weights<'_>, TrainedError> {
    let unfit = |why: String| TrainedError::Unfit(why);
    let image = &model.node(model.inputs[0]).ty;
    // As long as nothing mixes or leaves out dots, a weight belongs to the dot of its row.
    let mut at = model.inputs[0];
    for node in model.nodes.iter().skip(at.0 + 1) {
        if node.inputs[..] != [at] {
            break;
        }
        if let Some(filters) = filters_of(model, node) {
            return Ok(filters);
        }
        if let Some(param) = weight(model, node) {
            let reads_dots = param.dims[0] == image.len();
            let shape = image_of(model)?;
            return match reads_dots {
                true => Ok(Weights::Dense(shape, param)),
                false => Err(unfit(format!("{} does not read the dots of the image one by one", node.path))),
            };
        }
        if node.ty.len() != image.len() {
            break;
        }
        at = NodeId(at.0 + 1);
    }
    image_of(model)?;
    Err(unfit("no weights read the image itself\nhelp: `--layer` names a convolution".into()))
}

/// Height, width and channels of the input.
fn image_of(model: &Model) -> Result<[usize; 3], TrainedError> {
    let image = &model.node(model.inputs[0]).ty;
    let roles: Vec<Role> = image.axes.iter().map(|axis| axis.role).collect();
    match (&image.sizes()[..], &roles[..]) {
        (&[height, width], [Role::Height, Role::Width]) => Ok([height, width, 1]),
        (&[height, width, channels @ (1 | 3)], [Role::Height, Role::Width, Role::Channel]) => {
            Ok([height, width, channels])
        }
        _ => Err(TrainedError::Unfit(format!(
            "the input is {image}, no image\nhelp: filters are of convolutions, and of nets that read `real[height, width, 1]` or 3 channels"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    fn model(input: &str, layers: &str) -> Model {
        let source = format!("net {{\n  input x: {input}\n  {layers}\n  output y: class[3]\n}}");
        check_source(&source, &Env::default()).model.expect("a sound net")
    }

    #[test]
    fn the_weights_that_read_the_image_are_found() {
        let find = |input: &str, layers: &str| {
            let model = model(input, layers);
            first_weights(&model).map(|found| found.param().name.clone()).map_err(|e| e.to_string())
        };
        let image = "real[4, 5, 3]";
        let dense = "flatten -> dropout 0.2 -> dense 7 -> relu -> dense 3";
        assert_eq!(find(image, dense).unwrap(), "dense_1.weight");
        let read = model(image, dense);
        assert!(matches!(first_weights(&read).unwrap(), Weights::Dense([4, 5, 3], _)));
        assert_eq!(
            find("real[4, 5, 2]", "dropout 0.1 -> conv 6, 3x3 -> flatten -> dense 3").unwrap(),
            "conv_1.weight"
        );
        assert!(find("real[60]", "dense 3").unwrap_err().starts_with("the input is"));
        assert!(find("real[4, 5, 2]", "flatten -> dense 3").unwrap_err().contains("no image"));
    }

    /// Filters that read 3 maps are pictures in colour; others have a tile a pair of a filter and a map.
    #[test]
    fn filters_are_read_where_they_lie() {
        let net = model("real[8, 8, 3]", "conv 2, 3x3 -> conv 4, 1x2 -> flatten -> dense 3");
        let numbers = |n: usize| (0..n).map(|i| i as f32).collect::<Vec<_>>();
        let first = weights_of(&net, "conv_1").unwrap().tiles(&numbers(54));
        assert_eq!((first.shape, first.tiles.len()), ([3, 3, 3], 2));
        assert_eq!(first.tiles[1][..4], [1.0, 3.0, 5.0, 7.0]);
        let second = weights_of(&net, "conv_2").unwrap().tiles(&numbers(16));
        assert_eq!((second.shape, second.columns, second.tiles.len()), ([1, 2, 1], Some(2), 8));
        // Filter 1 reads map 1: taps 0 and 1 lie 8 apart.
        assert_eq!(second.tiles[3], [5.0, 13.0]);
        let said = |path: &str| weights_of(&net, path).unwrap_err().to_string();
        assert!(said("conv_3").contains("there are `conv_1`, `conv_2`, `dense_1`"));
        assert!(said("dense_1").contains("dense_1 does not read the dots of an image"));
    }

    /// The filters of sounds stand as their spectrograms do, whichever layers are in front of them.
    #[test]
    fn filters_behind_a_spectrogram_are_found_and_stand_upright() {
        let numbers = |n: usize| (0..n).map(|i| i as f32).collect::<Vec<_>>();
        let of = |layers: &str| {
            model("wave[60ms, rate=4kHz]", &format!("{layers} -> mean_pool over=time -> dense 3"))
        };
        let front = "mel_spectrogram bands=12, window=16ms, hop=8ms -> log -> standardize over=time";
        let maps =
            of(&format!("{front} -> conv 2, 2x3 -> max_pool 2x2 -> conv 3, 1x2 -> mean_pool over=freq"));
        // Two frames of three bands: the lowest band is the last line.
        let first = first_weights(&maps).unwrap().tiles(&numbers(12));
        assert_eq!((first.shape, first.columns, first.tiles.len()), ([3, 2, 1], None, 2));
        assert_eq!(first.tiles[1], [5.0, 11.0, 3.0, 9.0, 1.0, 7.0]);
        assert!(first.title.contains("low frequencies below"), "{}", first.title);
        // One frame of two bands in two maps, three filters: filter 0 reads map 1 with taps 3 and 9.
        let second = weights_of(&maps, "conv_2").unwrap().tiles(&numbers(12));
        assert_eq!((second.shape, second.columns, second.tiles.len()), ([2, 1, 1], Some(2), 6));
        assert_eq!(second.tiles[1], [9.0, 3.0]);
        // Bands as channels: two steps of twelve of them.
        let series = of(&format!("{front} -> conv 1, 2"));
        let tile = &first_weights(&series).unwrap().tiles(&numbers(24)).tiles[0];
        assert_eq!((tile[..2].to_vec(), tile[22..].to_vec()), (vec![11.0, 23.0], vec![0.0, 12.0]));
        // A wave itself has no frequencies.
        let wave = of("conv 4, 8, stride=4, pad=valid");
        assert_eq!(first_weights(&wave).unwrap().tiles(&numbers(32)).shape, [1, 8, 1]);
        assert!(
            first_weights(&of(&format!("{front} -> dense 4"))).unwrap_err().to_string().contains("no image")
        );
    }

    #[test]
    fn filters_over_steps_have_steps_to_the_right() {
        let net = model("real[8, 2]", "conv 3, 4 -> flatten -> dense 3");
        let numbers: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let sheet = weights_of(&net, "conv_1").unwrap().tiles(&numbers);
        assert_eq!(sheet.shape, [2, 4, 1]);
        assert_eq!(sheet.tiles[2], [2.0, 8.0, 14.0, 20.0, 5.0, 11.0, 17.0, 23.0]);
    }
}
