//! Each kind of picture of trained nets, from its runs.

use dropnet::internal::{
    kernels::team::Team,
    model::{Interval, Precision, PredictMode},
    plot::{Chart, Panels, Picture},
    run::{self, TrainedError},
};

use super::{
    Command, Kind,
    drawn::{Drawn, beside, nets},
};
use crate::cli::sampling::USUAL_SAMPLES;

impl Command {
    /// The picture of what is drawn.
    pub(super) fn picture(&self, drawn: &[Drawn]) -> Result<Picture, TrainedError> {
        let team = &Team::new(self.threads.count());
        let judged = |picture: &dyn Fn(&Drawn) -> Result<Chart, TrainedError>| {
            let picture = |one: &Drawn| picture(one).map_err(|error| one.blamed(error));
            beside(drawn, Drawn::averaged_name, Chart::beside, picture).map(Picture::from)
        };
        match self.kind() {
            Kind::Training => {
                let panels = |one: &Drawn| Ok(run::training(&one.logs()?));
                beside(drawn, Drawn::name, Panels::beside, panels).map(Picture::Charts)
            }
            Kind::Loss => beside(drawn, Drawn::name, Chart::beside, |one| Ok(run::losses(&one.logs()?)))
                .map(Picture::from),
            Kind::Filters => run::filters(&nets(drawn), self.layer.as_deref()).map(Picture::Tiles),
            Kind::Maps => run::maps(&nets(drawn), self.row.unwrap_or(0) as usize, team).map(Picture::Tiles),
            Kind::Attention => {
                run::attention(&nets(drawn), self.row.unwrap_or(0) as usize).map(Picture::Tiles)
            }
            Kind::Weights => run::weights(&nets(drawn)).map(Picture::from),
            Kind::Activations => run::activations(&nets(drawn), team).map(Picture::from),
            Kind::Reliability => {
                judged(&|one| run::reliability(&one.committee, &one.search, self.mode(&one.committee), team))
            }
            Kind::Risk => {
                judged(&|one| run::risk(&one.committee, &one.search, self.mode(&one.committee), team))
            }
            Kind::Uncertainty => {
                let panels = |one: &Drawn| self.uncertainty(one, team).map_err(|error| one.blamed(error));
                beside(drawn, Drawn::averaged_name, Panels::beside, panels).map(Picture::Charts)
            }
            Kind::Convergence => judged(&|one| self.convergence(one, team)),
            Kind::Band => judged(&|one| {
                run::band(&one.committee, &one.search, self.mode(&one.committee), self.interval(one), team)
            }),
            Kind::Boundary => {
                let one = |one: &Drawn| {
                    let chart = run::boundary(&one.committee, &one.search, self.mode(&one.committee), team);
                    let chart = chart.map_err(|error| one.blamed(error))?;
                    let name = one.averaged_name().map_or(String::new(), |name| format!("{name}: "));
                    Ok(Chart { title: name + &chart.title, ..chart })
                };
                let charts = drawn.iter().map(one).collect::<Result<Vec<Chart>, TrainedError>>()?;
                Ok(Picture::Charts(Panels(charts)))
            }
            Kind::Predicted => judged(&|one| {
                run::predicted(&one.committee, &one.search, self.asked_mode(&one.committee), team)
            }),
            Kind::Residuals => judged(&|one| {
                run::residuals(&one.committee, &one.search, self.asked_mode(&one.committee), team)
            }),
            Kind::Forecast => judged(&|one| {
                run::forecast(
                    &one.committee,
                    &one.search,
                    self.mode(&one.committee),
                    self.interval(one),
                    self.ahead.unwrap_or(0) as usize,
                    team,
                )
            }),
            Kind::Augment => {
                Err(TrainedError::Unfit("the rows of training are those of a net, not of runs".into()))
            }
        }
    }

    /// Precision of the flag or of the file.
    fn said_precision(&self, drawn: &Drawn) -> Option<Precision> {
        let interval = drawn.committee.first().model.predict.interval;
        self.precision.or(interval.and_then(|interval| interval.precision))
    }

    fn uncertainty(&self, drawn: &Drawn, team: &Team) -> Result<Panels, TrainedError> {
        let mode = self.mode(&drawn.committee);
        let known = |precision: Precision| match precision {
            Precision::Known(x) => Ok(x),
            Precision::Fit => drawn.committee.first().fitted_precision(mode),
        };
        let precision = self.said_precision(drawn).map(known).transpose()?;
        run::uncertainty(&drawn.committee, &drawn.search, mode, precision, team)
    }

    fn convergence(&self, drawn: &Drawn, team: &Team) -> Result<Chart, TrainedError> {
        let one = drawn.committee.alone().ok_or_else(|| {
            TrainedError::Unfit("a curve of convergence is of one net: name one run".into())
        })?;
        let samples = match self.mode(&drawn.committee) {
            PredictMode::McDropout(mc) => mc.samples,
            _ => USUAL_SAMPLES,
        };
        Ok(run::curve(
            one,
            &drawn.search,
            None,
            samples,
            self.sets.unwrap_or(20),
            (team, &run::Watch::default()),
        )?
        .chart())
    }

    /// Intervals of observations, where the net or a precision says how far those lie from the mean.
    fn interval(&self, drawn: &Drawn) -> Option<Interval> {
        let model = &drawn.committee.first().model;
        let precision = self.said_precision(drawn);
        let share = model.predict.interval.map_or(0.95, |interval| interval.share);
        let known = model.output.kind.says_spread() || precision.is_some();
        known.then_some(Interval { share, precision })
    }
}
