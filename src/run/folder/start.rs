//! The beginning of a run: a new folder, or an old one taken up where its checkpoint stands.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{fitness, guard::Guard, standing::Standing};
use crate::run::folder::{
    dir::{RunDir, stamp},
    home,
    open::Ready,
};
use crate::{
    atomic,
    data::{DataError, Dataset},
    draws,
    lower::lower_train,
    model::Model,
    runtime::{
        checkpoint::{Checkpoint, CheckpointError},
        footprint,
        progress::{FORMAT, Meta, Progress, Rows},
    },
    shell,
};

/// What the user asked for.
#[derive(Clone)]
pub struct Request<'a> {
    /// The text of the net, and the name of its file as it was given.
    pub source: &'a str,
    pub file: &'a Path,
    pub sets: &'a [(String, String)],
    /// `--seed`; the file's, or 0, without it.
    pub seed: Option<u64>,
    /// `-o`; a stamped folder under `runs/` without it.
    pub out: Option<&'a Path>,
    pub resume: bool,
    pub working: PathBuf,
    /// Seconds since 1970, for the name of a stamped folder.
    pub now: u64,
}

/// A run that may begin.
pub struct Started {
    pub dir: RunDir,
    pub meta: Meta,
    pub checkpoint: Option<Checkpoint>,
    /// Nobody else writes to the folder while the run goes on; none where another process writes it.
    pub guard: Option<Guard>,
}

#[derive(Debug)]
pub enum StartError {
    /// The request makes no sense: exit code 2.
    Usage(String),
    /// Folders and checkpoints: exit code 3.
    Data(String),
    /// A row that cannot be read: exit code 3.
    Rows(DataError),
}

impl From<DataError> for StartError {
    fn from(error: DataError) -> Self {
        StartError::Rows(error)
    }
}

/// Settles the folder, the seed and where to go on.
///
/// # Errors
/// A folder that holds another run, a checkpoint that is missing, broken or of a different run, and what the file system says.
pub fn start(request: &Request<'_>, ready: &Ready) -> Result<Started, StartError> {
    if request.resume { resume(request, ready) } else { begin(request, ready) }
}

fn begin(request: &Request<'_>, ready: &Ready) -> Result<Started, StartError> {
    let meta = meta(request, ready)?;
    let seed = meta.seed;
    let path = match request.out {
        Some(out) => out.to_owned(),
        None => stamped_path(request, seed),
    };
    let dir = RunDir::at(&path);
    free(&dir)?;
    has_room(&ready.model, &ready.dataset).map_err(StartError::Data)?;
    let guard = guard(&dir)?;
    // Somebody may have been quicker.
    free(&dir)?;
    let cannot =
        |e: std::io::Error| StartError::Data(format!("cannot write the run to {}: {e}", path.display()));
    dir.create(request.source, &lock(request, &ready.model, &meta)).map_err(cannot)?;
    Ok(Started { dir, meta, checkpoint: None, guard: Some(guard) })
}

/// What a new run says of itself.
fn meta(request: &Request<'_>, ready: &Ready) -> Result<Meta, DataError> {
    Ok(Meta {
        format: FORMAT,
        source: request.source.into(),
        sets: request.sets.to_vec(),
        seed: seed_of(request, ready),
        progress: Progress::default(),
        transform: ready.dataset.transform.clone(),
        rows: Some(Rows::of(&ready.dataset)?),
        loaded: ready.loaded.clone(),
        attributes: ready.attributes.clone(),
    })
}

/// A run that another process writes, whose last checkpoint has these bytes: none where it is new.
///
/// # Errors
/// A checkpoint that is no checkpoint, and a row that cannot be read.
pub fn taken_up_elsewhere(
    request: &Request<'_>,
    ready: &Ready,
    checkpoint: &[u8],
) -> Result<Started, StartError> {
    let dir = RunDir::at(Path::new("another process"));
    let (meta, checkpoint) = match checkpoint {
        [] => (meta(request, ready)?, None),
        bytes => {
            let read = Checkpoint::of_bytes(dir.path(), bytes);
            let checkpoint = read.map_err(|e| StartError::Data(e.to_string()))?;
            (checkpoint.meta.clone(), Some(checkpoint))
        }
    };
    Ok(Started { dir, meta, checkpoint, guard: None })
}

fn free(dir: &RunDir) -> Result<(), StartError> {
    let Some(why) = dir.taken() else { return Ok(()) };
    let instead = match dir.has_checkpoint() {
        true => "go on with it by `--resume`, or choose another folder",
        false => "choose another folder, or move what is there away",
    };
    Err(StartError::Usage(format!("{why}\nhelp: {instead}")))
}

fn guard(dir: &RunDir) -> Result<Guard, StartError> {
    Guard::take(dir.path()).map_err(|e| StartError::Data(e.to_string()))
}

/// Whether there is memory to train the net on its rows.
///
/// # Errors
/// What is lacking.
pub fn has_room(model: &Model, dataset: &Dataset) -> Result<(), String> {
    let batch = model.data.as_ref().map_or(1, |data| data.batch().rows);
    let found = footprint::check(model, &lower_train(model).graph, dataset.train.rows(), batch);
    found.map_err(|error| footprint::lacking(model, error))
}

/// The seed of a new run.
pub fn seed_of(request: &Request<'_>, ready: &Ready) -> u64 {
    request.seed.or(ready.model.train.as_ref().and_then(|t| t.seed)).unwrap_or(0)
}

/// The folder of a new run, or of several, where the request names none.
pub fn stamped_folder(request: &Request<'_>, ready: &Ready) -> PathBuf {
    stamped_path(request, seed_of(request, ready))
}

fn name(file: &Path) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.filter(|stem| !stem.is_empty() && stem != "-").unwrap_or_else(|| "stdin".into())
}

/// `runs/NAME-DATE-TIME-HASH`; the hash is of the text, the values set and the seed.
fn stamped_path(request: &Request<'_>, seed: u64) -> PathBuf {
    let identity = format!("{}\u{0}{:?}\u{0}{seed}", request.source, request.sets);
    let hash = draws::site_key(&identity);
    // Two runs that begin in one second: the next free name.
    let named = |i: u64| {
        let hash = hash.wrapping_add(i) & 0xFFFF;
        Path::new("runs").join(format!("{}-{}-{hash:04x}", name(request.file), stamp(request.now)))
    };
    (0..0x1_0000).map(named).find(|path| !request.working.join(path).exists()).unwrap_or_else(|| named(0))
}

/// What was trained, with which program: for people and for `eval`, which looks for data where the file was.
fn lock(request: &Request<'_>, model: &Model, meta: &Meta) -> Json {
    let graph = lower_train(model).graph.to_string();
    let params: serde_json::Map<String, Json> =
        model.knobs.iter().map(|(name, value)| (name.clone(), json!(value.to_string()))).collect();
    let lock = json!({
        "dropnet": env!("CARGO_PKG_VERSION"),
        "edition": 1,
        "graph": format!("{:016x}", draws::site_key(&graph)),
        "params": params,
        "seed": meta.seed,
        "data": meta.attributes,
    });
    home::made_of(request.file, &request.working, lock)
}

/// Whether a run is to go on from a checkpoint that it has.
pub fn goes_on(request: &Request<'_>) -> bool {
    request.resume && to_resume(request).is_some_and(|dir| dir.has_checkpoint())
}

/// The folder of the run that is to go on.
fn to_resume(request: &Request<'_>) -> Option<RunDir> {
    match request.out {
        Some(out) => Some(RunDir::at(out)),
        None => RunDir::newest(&request.working, &name(request.file)),
    }
}

fn resume(request: &Request<'_>, ready: &Ready) -> Result<Started, StartError> {
    let dir = to_resume(request).ok_or_else(|| {
        StartError::Data(format!(
            "no run of {} to resume under runs/\nhelp: name its folder with `-o DIR`, or leave `--resume` out",
            name(request.file)
        ))
    })?;
    if !dir.lock().exists() && !dir.has_checkpoint() {
        return Err(StartError::Data(format!(
            "{} holds no run to go on with\nhelp: leave `--resume` out to begin one",
            dir.path().display()
        )));
    }
    let guard = guard(&dir)?;
    let broken = |e: CheckpointError| StartError::Data(e.to_string());
    let Some(standing) = Standing::of(&dir).map_err(broken)? else {
        // It ended before its first checkpoint: it begins anew, with nothing lost but that.
        drop(guard);
        return begin(&Request { out: Some(dir.path()), ..request.clone() }, ready);
    };
    let rows = Rows::of(&ready.dataset)?;
    if let Some(what) = difference(request, ready, &rows, &standing.meta) {
        return Err(StartError::Data(format!(
            "cannot resume {}: {what}\nhelp: only `--epochs`, `--threads` and output flags may change",
            dir.path().display()
        )));
    }
    let checkpoint = standing.read().map_err(broken)?;
    fitness::check(&checkpoint, &ready.model).map_err(broken)?;
    if standing.has_best() {
        standing.read_best().map_err(broken)?;
    }
    take_up(&dir, &standing)
        .map_err(|e| StartError::Data(format!("cannot write {}: {e}", dir.path().display())))?;
    Ok(Started { dir, meta: checkpoint.meta.clone(), checkpoint: Some(checkpoint), guard: Some(guard) })
}

/// Clears away what a process that died left in the folder, and makes `last.ckpt` that of where the run stands.
fn take_up(dir: &RunDir, standing: &Standing) -> std::io::Result<()> {
    atomic::clear_parts(dir.path())?;
    if standing.at_best {
        Checkpoint::last_from_best(&dir.best(), &dir.last()).map_err(std::io::Error::other)?;
    }
    dir.rewind(standing.meta.progress.epoch, standing.meta.progress.step)
}

/// What is asked for now and was not asked for then.
fn difference(request: &Request<'_>, ready: &Ready, rows: &Rows, then: &Meta) -> Option<String> {
    if request.source != then.source {
        return Some(format!("{} is not the text that was trained", request.file.display()));
    }
    if request.sets != then.sets {
        let show = |sets: &[(String, String)]| {
            let sets: Vec<String> =
                sets.iter().map(|(n, v)| format!("--set {}", shell::word(&format!("{n}={v}")))).collect();
            if sets.is_empty() { "no `--set`".to_string() } else { format!("`{}`", sets.join(" ")) }
        };
        return Some(format!("it was trained with {}, not {}", show(&then.sets), show(request.sets)));
    }
    if let Some(seed) = request.seed.filter(|seed| *seed != then.seed) {
        return Some(format!("it was trained with seed {}, not {seed}", then.seed));
    }
    if ready.dataset.transform != then.transform || ready.attributes != then.attributes {
        return Some("the data have changed".into());
    }
    if let Some(changed) = ready.loaded.iter().zip(&then.loaded).find(|(now, then)| now != then) {
        return Some(format!("`{}` has changed: it is not the file that was loaded", changed.0.file));
    }
    let part = then.rows.as_ref()?.difference(rows)?;
    Some(format!("the data have changed: the {part} rows are not those it was trained with"))
}
