//! How good and how sure trained nets are: figures, calibration, audits of the means over sub-networks, and what pictures show.

pub(in crate::run) mod ablate;
pub(in crate::run) mod activity;
pub(in crate::run) mod ahead;
pub(in crate::run) mod attention;
pub(in crate::run) mod audit;
pub(in crate::run) mod augmented;
pub(in crate::run) mod band;
pub(in crate::run) mod boundary;
pub(in crate::run) mod calibrate;
pub(in crate::run) mod confusion;
pub(in crate::run) mod course;
pub(in crate::run) mod curve;
pub(in crate::run) mod diagrams;
pub(in crate::run) mod evaluate;
pub(in crate::run) mod filters;
pub(in crate::run) mod held_out;
pub(in crate::run) mod joint_audit;
pub(in crate::run) mod listening;
pub(in crate::run) mod lowest;
pub(in crate::run) mod maps;
pub(in crate::run) mod outputs_of;
pub(in crate::run) mod residuals;
