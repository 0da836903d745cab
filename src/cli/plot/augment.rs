//! `--kind augment`: rows as training is fed with them.

use dropnet::internal::{
    plot::Picture,
    run::{self, Rewritten, Sounds},
};

use super::{Command, PICTURE};
use crate::cli::{
    Outcome, data, ending, numbers,
    source::{File, Sets, Source},
    train::opened,
    ui::{Failure, Ui},
};

impl Command {
    /// What training is fed with.
    pub(super) fn augment(&self, ui: &mut Ui) -> Outcome {
        let [path] = &self.runs.paths[..] else {
            return Err(Failure::usage("`--kind augment` shows the rows of one `.net` file"));
        };
        let more = [("--figure", self.figure.is_some()), ("--over", self.over.is_some())];
        if let Some(flag) = self.given_of_nets(&more) {
            return Err(Failure::usage(format!("`{flag}` has no effect on the rows of training")));
        }
        let file = File { path: path.clone(), sets: Sets { sets: self.set.clone() } };
        let source = Source::read(path)?;
        let ready = opened(&file, &source, ui)?;
        let (rows, most) = (self.rows.clone().unwrap_or(0..8), ready.dataset.train.rows());
        if rows.start >= most || self.rows.is_some() && rows.end > most {
            return Err(Failure::usage(format!("there are {most} training rows, from 0 on")));
        }
        let seed = self.seed.or(ready.model.train.as_ref().and_then(|train| train.seed)).unwrap_or(0);
        let shown = run::augmented(&ready, seed, rows.start..rows.end.min(most), self.epochs.unwrap_or(4));
        let shown = shown.map_err(|error| data::failure(&error, Some(&source), ui))?;
        let (tiles, mixed) = match shown {
            None => {
                return Err(Failure::data(
                    "no statement of `augment` changes single rows: training is fed with rows as they are",
                ));
            }
            Some(run::Augmented::Sounds { sounds, mixed }) => {
                self.listen(&sounds, ui)?;
                (sounds.tiles(), mixed)
            }
            Some(_) if self.wav.is_some() => {
                return Err(Failure::usage("`--wav` writes sounds, and the rows of this net are none"));
            }
            Some(run::Augmented::Texts(rows)) => return self.texts(&rows, ui),
            Some(run::Augmented::Pictures { tiles, mixed }) => (tiles, mixed),
        };
        if !self.csv && !self.text {
            ending::fits(self.out.as_deref(), PICTURE.0, PICTURE.1)?;
        }
        for (epoch, row, mixed) in &mixed {
            let how = mixed.rect.map_or(String::new(), |rect| {
                let (right, below) = (rect.left + rect.width, rect.top + rect.height);
                format!(", its places {}..{below} by {}..{right} pasted in", rect.top, rect.left)
            });
            let share = numbers::shown(mixed.share);
            ui.talk(format!("epoch {epoch}: row {row} with row {}, {share} of its own{how}", mixed.partner));
        }
        self.show(&Picture::Tiles(tiles), ui)
    }

    /// Writes sounds where they are wanted as files.
    fn listen(&self, sounds: &Sounds, ui: &mut Ui) -> Result<(), Failure> {
        let Some(folder) = &self.wav else { return Ok(()) };
        let written = sounds
            .write(folder)
            .map_err(|(path, error)| Failure::data(format!("cannot write {}: {error}", path.display())))?;
        ui.talk(format!("{written} sounds in {}", folder.display()));
        Ok(())
    }

    /// Texts and what the net is fed of them, a line each.
    fn texts(&self, rows: &[Rewritten], ui: &mut Ui) -> Outcome {
        if !self.csv {
            ending::fits(self.out.as_deref(), "the rows are texts", &["txt"])?;
        }
        let mut text = String::new();
        if self.csv {
            text += "row,epoch,text\n";
            let cell = |words: &str| format!("\"{}\"", words.replace('"', "\"\""));
            for row in rows {
                text += &format!("{},0,{}\n", row.row, cell(&row.original));
                row.epochs
                    .iter()
                    .for_each(|(epoch, fed)| text += &format!("{},{epoch},{}\n", row.row, cell(fed)));
            }
            return self.write(text.as_bytes(), ui);
        }
        for row in rows {
            text += &format!("row {}: {}\n", row.row, row.original);
            row.epochs.iter().for_each(|(epoch, fed)| text += &format!("  epoch {epoch}: {fed}\n"));
        }
        self.write(text.as_bytes(), ui)
    }
}
