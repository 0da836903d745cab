//! From a `.net` text to things that run: the net checked against its data, the folder of a run, trained nets taken up again.
//!
//! Here the parts meet that may not know each other: checker, data and runtime. Invariant: nothing here prints, and the clock is read
//! by nobody but the caller.

mod bench;
mod divergence;
mod exact;
mod experiment;
mod folder;
mod judgements;
mod predictions;
#[cfg(test)]
mod rig;
mod subnets;

pub use folder::agreement;
use folder::{calibration, dir, events, guard, home, open, place, report, start, trained};
use judgements::{ablate, activity, audit, calibrate, course, curve, evaluate, filters, joint_audit};
use predictions::{abstain, committee, likelihood, mc, plan, predict, sampling};
use subnets::subnet;

pub use ablate::{Ablated, Ablation};
pub use abstain::Abstain;
pub use activity::{Shown, activations, weights};
pub use audit::{Audit, Compared, Enumerated};
pub use bench::{Bench, BenchError, KernelTime, PredictTime, SampleTime, StageTimes, bench};
pub use calibrate::NOTHING as NO_GAIN;
pub use calibration::{Calibration, Fit, TEMPERATURES, name_of};
pub use committee::Committee;
pub use course::{losses, training};
pub use curve::{Curve, CurvePoint};
pub use dir::{RunDir, stamp};
pub use divergence::cure;
pub use evaluate::PartFigures;
pub use events::Events;
pub use exact::{Effort, ExactMeans, NotEnumerated, exact_means, mean_outputs};
pub use experiment::{
    Arm, Course, Difference, Experiment, ExperimentError, JournalError, Mean as MeanOverSplits, Measured,
    Point, Report, Tested, Trial, Tried, Winner,
};
pub use filters::filters;
pub use guard::{Busy, Guard};
pub use home::homes;
pub use joint_audit::JointAudit;
pub use mc::Scoring;
pub use open::{OpenError, Ready, open, probe};
pub use place::NoRun;
pub use plan::SamplePlan;
pub use predict::Predictions;
pub use report::{done_json, epoch_json, metrics_json};
pub use sampling::Drawn as SamplesDrawn;
pub use start::{Request, StartError, Started, seed_of, stamped_folder, start};
pub use subnet::{Drawn, SiteMask};
pub use trained::{Trained, TrainedError, Which};
