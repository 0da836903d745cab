//! `dropnet train --watch`: trains anew whenever the file is saved.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use super::super::{
    Outcome, check,
    source::Source,
    ui::{Exit, Failure, Ui},
    watch::{self, Watched},
};
use super::{Command, Ended, opened, said::steps};

impl Command {
    /// Trains anew whenever the file is saved; what is under way then is of an older text, and ends.
    pub(super) fn watched(&self, interrupted: &Arc<AtomicU32>, ui: &mut Ui) -> Outcome {
        let mut file = Watched::new([self.file.path.as_path()].into_iter())?;
        for round in 0.. {
            file.look();
            self.watching.begin(round == 0, &self.file.path.display().to_string(), ui);
            match self.until_saved(&file, interrupted, ui) {
                Err(Failure::PipeClosed) => return Err(Failure::PipeClosed),
                Err(failure) => drop(ui.fail(&failure)),
                Ok(()) => {}
            }
            ui.finish()?;
            if !file.wait(interrupted) {
                break;
            }
        }
        Ok(Exit::Interrupted)
    }

    /// One round: to its end, or until the file is saved or Ctrl-C is heard.
    fn until_saved(&self, file: &Watched, interrupted: &AtomicU32, ui: &mut Ui) -> Result<(), Failure> {
        let begun = Instant::now();
        let source = Source::read(&self.file.path)?;
        let ready = opened(&self.file, &source, ui)?;
        ui.talk(format_args!("checked, and the data loaded, in {}", check::elapsed(begun)));
        let stop = Arc::new(AtomicU32::new(0));
        let over = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let both = || interrupted.load(Ordering::SeqCst) != 0 || file.changed();
                while over.load(Ordering::SeqCst) == 0 && !both() {
                    std::thread::sleep(watch::PERIOD);
                }
                stop.store(1, Ordering::SeqCst);
            });
            // Ends the other thread however this one ends, or the scope would wait for it.
            let _over = watch::Over(&over);
            let ended = self
                .request(&source)
                .and_then(|request| self.train(&source, &ready, &request, None, &stop, ui));
            let ended = ended?;
            if let Ended::Interrupted { epoch, step, .. } = ended
                && interrupted.load(Ordering::SeqCst) == 0
            {
                ui.talk(format_args!(
                    "{} was saved: stopped in epoch {epoch} after {}",
                    source.name,
                    steps(step)
                ));
            } else {
                self.said(&ended, ui);
            }
            Ok(())
        })
    }
}
