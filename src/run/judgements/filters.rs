//! What the units of a layer look for in what they read: their weights as pictures.

use crate::{
    model::{Model, Node, NodeId, Param, ParamRole, Role},
    plot::{Shades, Sheet, Tiles},
    run::{
        folder::trained::{Trained, TrainedError},
        judgements::activity::Shown,
    },
};

/// Tiles that are shown of a net.
const SHOWN: usize = 100;
/// Of filters that read many maps: how many maps, at most.
const MAPS: usize = 10;

/// The incoming weights of a layer's units, a tile each; several nets side by side (Srivastava et al. 2014, figure 7). Without a layer's
/// name, of the first that has weights. Filters that read other than 1 or 3 maps have a tile for each map, a row of tiles each.
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
    /// Filters of a convolution.
    Filters(&'m Param),
}

impl Weights<'_> {
    fn param(&self) -> &Param {
        match self {
            Self::Dense(_, param) | Self::Filters(param) => param,
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
            // Over steps: `[size, read, filters]`, steps to the right and what is read downwards.
            (_, &[size, read, filters]) => {
                let tile = |filter: usize| {
                    (0..read)
                        .flat_map(|map| every(map * filters + filter, read * filters).take(size))
                        .collect()
                };
                sheet(
                    [read, size, 1],
                    None,
                    ", steps to the right",
                    (0..filters.min(SHOWN)).map(tile).collect(),
                )
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
        return Ok(Weights::Filters(filters));
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
fn filters_of<'m>(model: &'m Model, node: &Node) -> Option<&'m Param> {
    weight(model, node).filter(|param| param.dims.len() > 2)
}

/// The weights that read the image: filters, or a matrix that reads its dots in their order.
fn first_weights(model: &Model) -> Result<Weights<'_>, TrainedError> {
    let unfit = |why: String| TrainedError::Unfit(why);
    let image = &model.node(model.inputs[0]).ty;
    // As long as nothing mixes or leaves out dots, a weight belongs to the dot of its row.
    let mut at = model.inputs[0];
    for node in model.nodes.iter().skip(at.0 + 1) {
        if node.inputs[..] != [at] {
            break;
        }
        if let Some(filters) = filters_of(model, node) {
            return Ok(Weights::Filters(filters));
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

    #[test]
    fn filters_over_steps_have_steps_to_the_right() {
        let net = model("real[8, 2]", "conv 3, 4 -> flatten -> dense 3");
        let numbers: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let sheet = weights_of(&net, "conv_1").unwrap().tiles(&numbers);
        assert_eq!(sheet.shape, [2, 4, 1]);
        assert_eq!(sheet.tiles[2], [2.0, 8.0, 14.0, 20.0, 5.0, 11.0, 17.0, 23.0]);
    }
}
