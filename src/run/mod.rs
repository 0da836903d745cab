//! From a `.net` text to things that run: the net checked against its data, the folder of a run, trained nets taken up again.
//!
//! Here the parts meet that may not know each other: checker, data and runtime. Invariant: nothing here prints, and the clock is read
//! by nobody but the caller.

mod bench;
mod comparison;
mod divergence;
mod exact;
mod experiment;
mod folder;
mod judgements;
mod predictions;
mod prefix;
mod ranks;
#[cfg(test)]
mod rig;
mod subnets;
mod watch;

pub use bench::{
    Bench, BenchError, Calls, Foretold, KernelTime, Once, PATIENCE, PredictTime, ROOM, SampleTime,
    StageTimes, Unforetold, bench, foretell,
};
pub use comparison::bootstrap::Interval as RowInterval;
pub use comparison::compare::{
    Against, Compared as ComparedRun, Comparison, Differences, Draws, PartFigures as ComparedFigures,
    RowDifference, SeedDifference, Side, Spread, compare,
};
pub use comparison::listed::{BestEpoch, Found as FoundRuns, Listed, listed, newest};
pub use comparison::seeds::MeanDifference;
pub use comparison::traits::{Change, ParamValues, Traits, labels};
pub use divergence::cure;
pub use exact::{Effort, ExactMeans, NotEnumerated, exact_means, mean_outputs};
pub use experiment::{
    Arm, Compared as ComparedValues, Course, Difference, Experiment, ExperimentError, JournalError,
    Mean as MeanOverSplits, Measured, Missing, Net as ExperimentNet, Paired, PlotWish, Point, Record, Report,
    Setting, Settings, Shard, Sharded, Tested, Trial, Tried, Winner,
};
pub use folder::agreement;
pub use folder::calibration::{Calibration, Fit, TEMPERATURES, name_of};
pub use folder::dir::{RunDir, stamp};
pub use folder::events::Events;
pub use folder::guard::{Busy, Guard};
pub use folder::home::homes;
pub use folder::open::{OpenError, Ready, open, open_again, probe, section, sizes};
pub use folder::place::NoRun;
pub use folder::report::{done_json, epoch_json, metrics_json};
pub use folder::start::{Request, StartError, Started, goes_on, has_room, seed_of, stamped_folder, start};
pub use folder::trained::{Trained, TrainedError, Which};
pub use judgements::ablate::{Ablated, Ablation, ablate};
pub use judgements::activity::{Shown, activations, weights};
pub use judgements::attention::attention;
pub use judgements::audit::{Audit, Compared, Enumerated, audit};
pub use judgements::augmented::{Augmented, Rewritten, augmented};
pub use judgements::band::{band, forecast};
pub use judgements::boundary::boundary;
pub use judgements::calibrate::calibrate;
pub use judgements::confusion::{Confusion, OfClass, confusion};
pub use judgements::course::{Log, losses, training};
pub use judgements::curve::{Curve, CurvePoint, curve};
pub use judgements::diagrams::{reliability, risk, uncertainty};
pub use judgements::evaluate::{Known, PartFigures, Reading, evaluate, evaluate_known, part_figures};
pub use judgements::filters::filters;
pub use judgements::joint_audit::{JointAudit, joint_audit};
pub use judgements::listening::{Played, Sounds};
pub use judgements::lowest::NOTHING as NO_GAIN;
pub use judgements::maps::maps;
pub use judgements::residuals::{predicted, residuals};
pub use predictions::abstain::Abstain;
pub use predictions::committee::Committee;
pub use predictions::mc::Scoring;
pub use predictions::plan::SamplePlan;
pub use predictions::predict::Predictions;
pub use predictions::sampling::Drawn as SamplesDrawn;
pub use predictions::speak::{Speech, speak};
pub use predictions::written::{Form as PredictionForm, Writing};
pub use prefix::PrefixPlan;
pub use ranks::{
    Fact, difference, facts_of_data, facts_of_nets, facts_of_request, facts_of_text, start_together,
};
pub use subnets::drawn::Drawn;
pub use subnets::export::export;
pub use subnets::inspected::{Asked, Inspected, Layer as LayerPass, Weights as WeightPass, inspected};
pub use subnets::subnet::{Known as KnownRow, SiteMask, mask_rows, subnet};
pub use subnets::thinned::thinned;
pub use watch::{Interrupted, Stage, Watch};
