//! The layers of a net as a graph, places of dropout marked: for Graphviz, for Mermaid, or drawn here.

use std::fmt::Write;

use plotters::prelude::*;

use super::{BLUE, DrawError, INK, ORANGE, PALE};
use crate::model::{Model, Node, NodeKind};

/// Height of a layer's row and width of its box, in pixels.
const ROW: i32 = 56;
const BOX: (i32, i32) = (200, 34);
/// Between the lines of edges that lead past layers.
const LANE: i32 = 14;

/// What is written on a node, and whether it drops.
fn said(node: &Node) -> (String, bool) {
    let NodeKind::Layer(used) = &node.kind else { return (format!("input {}", node.path), false) };
    match used.word.drop_site(&used.args) {
        Some(site) => (format!("{} {}", node.path, site.rate), true),
        None => (node.path.clone(), node.weight_drop.is_some()),
    }
}

/// Graphviz's language.
#[must_use]
pub fn dot(model: &Model) -> String {
    let mut out = String::from("digraph net {\n  node [shape=box, fontname=\"sans-serif\"]\n");
    for (i, node) in model.nodes.iter().enumerate() {
        let (text, drops) = said(node);
        let style = if drops { ", style=dashed, color=\"#d55e00\"" } else { "" };
        let _ = writeln!(out, "  n{i} [label=\"{text}\\n{}\"{style}]", node.ty);
    }
    for (from, to) in edges(model) {
        let _ = writeln!(out, "  n{from} -> n{to}");
    }
    let output = model.output.source.0;
    let _ = writeln!(
        out,
        "  output [label=\"output {}\\n{}\", shape=ellipse]\n  n{output} -> output\n}}",
        model.output.name, model.output.kind
    );
    out
}

/// Mermaid's language.
#[must_use]
pub fn mermaid(model: &Model) -> String {
    let mut out = String::from("flowchart TD\n  classDef drops stroke:#d55e00,stroke-dasharray:4\n");
    for (i, node) in model.nodes.iter().enumerate() {
        let (text, drops) = said(node);
        let class = if drops { ":::drops" } else { "" };
        let _ = writeln!(out, "  n{i}[\"{text}<br>{}\"]{class}", node.ty);
    }
    for (from, to) in edges(model) {
        let _ = writeln!(out, "  n{from} --> n{to}");
    }
    let output = model.output.source.0;
    let _ = writeln!(
        out,
        "  output([\"output {}<br>{}\"])\n  n{output} --> output",
        model.output.name, model.output.kind
    );
    out
}

fn edges(model: &Model) -> impl Iterator<Item = (usize, usize)> {
    let into = |(i, node): (usize, &Node)| node.inputs.iter().map(move |id| (id.0, i)).collect::<Vec<_>>();
    model.nodes.iter().enumerate().flat_map(into)
}

/// For each edge, by the rows of its ends: none if the next row is its end, else a lane at the side that no other edge takes there.
fn lanes(edges: impl Iterator<Item = (i32, i32)>) -> Vec<Option<i32>> {
    let mut taken: Vec<Vec<(i32, i32)>> = Vec::new();
    let lane = |(from, to): (i32, i32)| {
        if to == from + 1 {
            return None;
        }
        let free = taken.iter().position(|lane| lane.iter().all(|(a, b)| to <= *a || *b <= from));
        let lane = free.unwrap_or(taken.len());
        taken.resize_with(taken.len().max(lane + 1), Vec::new);
        taken[lane].push((from, to));
        Some(lane as i32)
    };
    edges.map(lane).collect()
}

/// A drawing: a row for each step from the inputs on, what is at the same distance side by side.
///
/// # Errors
/// What the device says; a bug.
pub fn svg(model: &Model) -> Result<String, DrawError> {
    super::panels::font();
    let mut depth = vec![0_i32; model.nodes.len()];
    for (i, node) in model.nodes.iter().enumerate() {
        depth[i] = node.inputs.iter().map(|id| depth[id.0] + 1).max().unwrap_or(0);
    }
    let mut places = Vec::with_capacity(depth.len());
    let mut taken = std::collections::BTreeMap::new();
    for row in &depth {
        let slot = taken.entry(*row).or_insert(0);
        places.push((*slot, *row));
        *slot += 1;
    }
    let wide = taken.values().max().copied().unwrap_or(1);
    let deep = depth.iter().max().map_or(1, |deepest| deepest + 2);
    let width = wide * (BOX.0 + 40) + 40;
    let long = lanes(edges(model).map(|(from, to)| (depth[from], depth[to])));
    let most = long.iter().flatten().max().map_or(0, |most| most + 1);
    let size = ((width + most * LANE) as u32, (deep * ROW + 30) as u32);
    let mut out = String::new();
    {
        let area = SVGBackend::with_string(&mut out, size).into_drawing_area();
        area.fill(&WHITE)?;
        let corner = |(slot, row): (i32, i32)| {
            let used = if row == deep - 1 { 1 } else { taken.get(&row).copied().unwrap_or(1) };
            let left = (width - used * (BOX.0 + 40) + 40) / 2;
            (left + slot * (BOX.0 + 40), 15 + row * ROW)
        };
        let line = |from: (i32, i32), to: (i32, i32), lane: Option<i32>| {
            let ((x0, y0), (x1, y1)) = (corner(from), corner(to));
            let points = match lane {
                None => vec![(x0 + BOX.0 / 2, y0 + BOX.1), (x1 + BOX.0 / 2, y1)],
                Some(lane) => {
                    let (x, y0, y1) = (width - 30 + lane * LANE, y0 + BOX.1 / 2, y1 + BOX.1 / 2);
                    vec![(x0 + BOX.0, y0), (x, y0), (x, y1), (x1 + BOX.0, y1)]
                }
            };
            PathElement::new(points, PALE)
        };
        let end = (0, deep - 1);
        for ((from, to), lane) in edges(model).zip(long) {
            area.draw(&line(places[from], places[to], lane))?;
        }
        area.draw(&line(places[model.output.source.0], end, None))?;
        let draw = |place: (i32, i32), text: &str, ty: &str, color: RGBColor| -> Result<(), DrawError> {
            let (x, y) = corner(place);
            area.draw(&Rectangle::new([(x, y), (x + BOX.0, y + BOX.1)], WHITE.filled()))?;
            area.draw(&Rectangle::new([(x, y), (x + BOX.0, y + BOX.1)], color.stroke_width(2)))?;
            area.draw(&Text::new(
                text.to_string(),
                (x + 8, y + 4),
                ("sans-serif", 13).into_font().color(&INK),
            ))?;
            area.draw(&Text::new(
                ty.to_string(),
                (x + 8, y + 19),
                ("sans-serif", 11).into_font().color(&color),
            ))?;
            Ok(())
        };
        for (node, place) in model.nodes.iter().zip(&places) {
            let (text, drops) = said(node);
            draw(*place, &text, &node.ty.to_string(), if drops { ORANGE } else { BLUE })?;
        }
        draw(end, &format!("output {}", model.output.name), &model.output.kind.to_string(), INK)?;
        area.present()?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    fn model() -> Model {
        let source = "net {\n  input x: real[8]\n  dropout 0.2\n  stem: dense 16 -> relu\n  residual { dropout 0.5 -> dense 16 }\n  drop_connect 0.3 { dense 3 }\n  output y: class[3]\n}\n";
        check_source(source, &Env::default()).model.expect("a sound net")
    }

    #[test]
    fn both_languages_mark_what_drops() {
        insta::assert_snapshot!(format!("{}\n{}", dot(&model()), mermaid(&model())));
    }

    #[test]
    fn long_edges_have_lanes_of_their_own() {
        let edges = [(0, 1), (0, 5), (1, 3), (3, 5), (4, 5)];
        assert_eq!(lanes(edges.into_iter()), [None, Some(0), Some(1), Some(1), None]);
    }

    #[test]
    fn every_layer_is_drawn() {
        let picture = svg(&model()).expect("a picture");
        for node in &model().nodes {
            assert!(picture.contains(&node.path), "{}", node.path);
        }
        assert!(picture.contains("output y"));
    }
}
