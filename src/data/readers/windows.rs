//! A table in the order of time whose windows have their answers in it: they are cut as those that a net was trained on.

use super::{Labelled, answers, array};
use crate::data::config::DataConfig;
use crate::data::dataset::Part;
use crate::data::divide::Parts;
use crate::data::error::{DataError, counted};
use crate::data::inputs::Inputs;
use crate::data::laid::Windows;
use crate::data::raw::{Raw, RawTarget};
use crate::data::rows::{Rows, nothing};
use crate::data::transform::Transform;
use crate::data::{opened, table, windows};
use crate::vocab::exactly;

/// All windows of a table, in the order of time. Where rows go on from minibatch to minibatch, the whole table is one stretch, in as many streams as a minibatch has rows.
///
/// # Errors
/// What reading the table says; E0550 for one that is too short, E0527 for one with other columns than that of training.
pub(in crate::data) fn labelled(
    text: &str,
    transform: &Transform,
    config: &DataConfig,
    name: &str,
) -> Result<Labelled, DataError> {
    let settings = &config.settings;
    let (Some(window), Some((_, reading))) = (&settings.window, config.source.text_table()) else {
        return Err(nothing(name));
    };
    let table = table::read(text, name, reading, &opened::pick(config))?;
    let (lines, reach) = (table.rows, window.length + window.horizon);
    if lines < reach {
        let message =
            format!("{} make no window of {} with its target", counted(lines, "line"), window.length);
        return Err(DataError::new("E0550", message).file(name).note(format!("one takes {reach}")));
    }
    let streams = config.streams();
    let lay = streams.map(|streams| {
        move |steps: usize| -> Result<Windows, DataError> {
            let whole = Parts { train: (0..steps as u32).collect(), ..Parts::default() };
            streams.windows(&whole, "line")
        }
    });
    let lay = lay.as_ref().map(|lay| lay as &dyn Fn(usize) -> Result<Windows, DataError>);
    let Raw::Arrays { train: cut, .. } = windows::of(table, window, settings.inputs.is_some(), lay)? else {
        return Err(nothing(name));
    };
    let (Inputs::Held(data), RawTarget::Numbers { data: targets, .. }) = (&cut.data, &cut.target) else {
        return Err(nothing(name));
    };
    let (width, columns) = (array::of_arrays(transform, name)?.width, cut.shape[1]);
    if columns * window.length != width {
        let message = format!(
            "a window of this table has {} where the net reads {}",
            counted(columns, "column"),
            width / window.length
        );
        return Err(DataError::new("E0527", message)
            .file(name)
            .help("give it the columns of the table that was trained on"));
    }
    let texts: Vec<String> = targets.iter().map(|target| exactly(*target)).collect();
    let texts: Vec<Vec<&str>> = texts.iter().map(|text| vec![text.as_str()]).collect();
    let at = |row: usize, _: usize, error: DataError| error.file(name).row(row);
    let target = answers::target(&texts, &transform.target, &at)?;
    let shape: Vec<usize> = std::iter::once(cut.rows).chain(cut.shape.iter().copied()).collect();
    let rows = transform.rows_seen(array::held(&shape, data, transform, name)?)?;
    let Rows { rows, inputs, converted, unread, .. } = rows;
    let part = Part::of_first(rows, inputs, target).in_streams(streams.map(|streams| streams.count));
    Ok(Labelled { part, names: Vec::new(), converted, unread })
}
