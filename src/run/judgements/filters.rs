//! What the units of a first layer look for in an image: their weights as pictures.

use crate::{
    model::{Model, Param, Role},
    plot::{Sheet, Tiles},
    run::{
        folder::trained::{Trained, TrainedError},
        judgements::activity::Shown,
    },
};

/// Units that are shown of a net.
const SHOWN: usize = 100;

/// The incoming weights of the first layer's units, a tile each; several nets side by side (Srivastava et al. 2014, figure 7).
///
/// # Errors
/// A net whose first weights do not read the dots of an image; nets of different images.
pub fn filters(nets: &[Shown<'_>]) -> Result<Tiles, TrainedError> {
    let mut tiles: Option<Tiles> = None;
    for one in nets {
        let (shape, mut sheet) = units_of(one.net)?;
        sheet.title = one.titled(&sheet.title);
        match &mut tiles {
            None => tiles = Some(Tiles { sheets: vec![sheet], shape, range: None }),
            Some(tiles) if tiles.shape == shape => tiles.sheets.push(sheet),
            Some(_) => return Err(TrainedError::Unfit("the nets read images of different sizes".into())),
        }
    }
    tiles.ok_or_else(|| TrainedError::Unfit("there is no net to look at".into()))
}

fn units_of(net: &Trained) -> Result<([usize; 3], Sheet), TrainedError> {
    let (shape, param) = first_weights(&net.model)?;
    let store = net.store()?;
    let place = net.model.params.iter().position(|one| one.name == param.name).unwrap_or(0);
    let (weights, units) = (&store.params[place], param.dims[1]);
    let tile = |unit: usize| weights.iter().skip(unit).step_by(units).copied().collect();
    let title = match net.model.is_live_in_mc() {
        true => format!("{} with dropout", param.name),
        false => format!("{} without dropout", param.name),
    };
    Ok((shape, Sheet { title, tiles: (0..units.min(SHOWN)).map(tile).collect() }))
}

/// Height, width and channels of the image, and the matrix that reads its dots in their order.
fn first_weights(model: &Model) -> Result<([usize; 3], &Param), TrainedError> {
    let unfit = |why: String| TrainedError::Unfit(why);
    let image = &model.node(model.inputs[0]).ty;
    let roles: Vec<Role> = image.axes.iter().map(|axis| axis.role).collect();
    let shape = match (&image.sizes()[..], &roles[..]) {
        (&[height, width], [Role::Height, Role::Width]) => [height, width, 1],
        (&[height, width, channels @ (1 | 3)], [Role::Height, Role::Width, Role::Channel]) => {
            [height, width, channels]
        }
        _ => {
            return Err(unfit(format!(
                "the input is {image}, no image\nhelp: filters are of nets that read `real[height, width, 1]` or 3 channels"
            )));
        }
    };
    // As long as nothing mixes or leaves out dots, a weight belongs to the dot of its row.
    let mut at = model.inputs[0];
    for node in model.nodes.iter().skip(at.0 + 1) {
        if node.inputs[..] != [at] {
            break;
        }
        if let Some(id) = node.params.first() {
            let param = &model.params[id.0];
            let reads_dots = param.dims.len() == 2 && param.dims[0] == image.len();
            return match reads_dots {
                true => Ok((shape, param)),
                false => Err(unfit(format!("{} does not read the dots of the image one by one", node.path))),
            };
        }
        if node.ty.len() != image.len() {
            break;
        }
        at = crate::model::NodeId(at.0 + 1);
    }
    Err(unfit("no weights read the image itself".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    #[test]
    fn the_weights_that_read_the_image_are_found() {
        let find = |input: &str, layers: &str| {
            let source = format!("net {{\n  input x: {input}\n  {layers}\n  output y: class[3]\n}}");
            let model = check_source(&source, &Env::default()).model.expect("a sound net");
            first_weights(&model).map(|(shape, param)| (shape, param.name.clone())).map_err(|e| e.to_string())
        };
        let image = "real[4, 5, 3]";
        let first = find(image, "flatten -> dropout 0.2 -> dense 7 -> relu -> dense 3").unwrap();
        assert_eq!(first, ([4, 5, 3], "dense_1.weight".into()));
        assert!(find("real[60]", "dense 3").unwrap_err().starts_with("the input is"));
        assert!(find("real[4, 5, 2]", "flatten -> dense 3").unwrap_err().contains("no image"));
    }
}
