//! A run of several processes: what must be the same in all of them, and how it begins where the first alone writes.

use super::folder::{
    open::Ready,
    start::{Request, StartError, Started, start, taken_up_elsewhere},
};
use super::predictions::committee::Committee;
use crate::{
    codegen, draws,
    peers::{self, Peers},
    runtime::progress::Rows,
};

/// What all processes of a run must have alike: what it is, and a checksum.
pub type Fact = (&'static str, u64);

/// What a run is made of, beside its data.
#[must_use]
pub fn facts_of_request(request: &Request<'_>, epochs: Option<u64>) -> Vec<Fact> {
    let sum = |what: &dyn std::fmt::Debug| draws::site_key(&format!("{what:?}"));
    let mut facts = facts_of_text(request.source, request.sets);
    facts.extend([
        ("seed", sum(&request.seed)),
        ("`--epochs`", sum(&epochs)),
        ("`--resume`", sum(&request.resume)),
    ]);
    facts
}

/// What a net is, and the program that has it.
#[must_use]
pub fn facts_of_text(source: &str, sets: &[(String, String)]) -> Vec<Fact> {
    let sum = |what: &dyn std::fmt::Debug| draws::site_key(&format!("{what:?}"));
    vec![
        ("program: another version of dropnet", sum(&env!("CARGO_PKG_VERSION"))),
        ("text of the net", sum(&source)),
        ("values of `--set`", sum(&sets)),
        ("kind of processor", sum(&codegen::instructions(Default::default()))),
    ]
}

/// What its data are.
///
/// # Errors
/// A row that cannot be read.
pub fn facts_of_data(ready: &Ready) -> Result<Vec<Fact>, crate::data::DataError> {
    let sum = |what: &dyn std::fmt::Debug| draws::site_key(&format!("{what:?}"));
    let rows = Rows::of(&ready.dataset)?;
    Ok(vec![
        ("rows of the data", sum(&rows)),
        ("columns of the data, or how they are read", sum(&ready.dataset.transform)),
        ("files that parameters are read from", sum(&ready.loaded)),
    ])
}

/// What trained nets are.
#[must_use]
pub fn facts_of_nets(nets: &Committee) -> Vec<Fact> {
    let parameters = nets.members().iter().map(|net| net.checkpoint.parameters());
    vec![("parameters of the nets", draws::site_key(&format!("{:?}", parameters.collect::<Vec<_>>())))]
}

/// The first rank that has something else than the first process, and what.
pub fn difference(peers: &dyn Peers, own: &[Fact]) -> Option<(usize, &'static str)> {
    let words: Vec<u64> = own.iter().map(|(_, sum)| *sum).collect();
    let all = peers::gather(peers, bytemuck::cast_slice(&words), words.len() * size_of::<u64>());
    let mut ranks = all.chunks_exact(words.len().max(1) * size_of::<u64>()).enumerate();
    let (_, first) = ranks.next()?;
    ranks.find_map(|(rank, other)| {
        let sums = first.chunks_exact(8).zip(other.chunks_exact(8));
        let (_, (what, _)) = sums.zip(own).find(|((first, other), _)| first != other)?;
        Some((rank, *what))
    })
}

/// Settles the folder, the seed and where to go on: the first process in the folder, the others by what it found there. All begin, or none.
///
/// # Errors
/// As [`start`], in the first process; then the others have nothing to begin.
pub fn start_together(
    request: &Request<'_>,
    ready: &Ready,
    peers: &dyn Peers,
) -> Result<Option<Started>, StartError> {
    let own = (peers.rank() == 0).then(|| start(request, ready)).transpose();
    if peers::agree(peers, u32::from(own.is_err())) != 0 {
        return own.map(|_| None);
    }
    let own = own?;
    let checkpoint = match &own {
        Some(started) if started.checkpoint.is_some() => {
            std::fs::read(started.dir.last()).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let checkpoint = bytes_of_first(peers, checkpoint);
    match own {
        None => taken_up_elsewhere(request, ready, &checkpoint).map(Some),
        own => Ok(own),
    }
}

/// What the first process has, in all.
fn bytes_of_first(peers: &dyn Peers, own: Vec<u8>) -> Vec<u8> {
    let mut len = (own.len() as u64).to_ne_bytes();
    peers::broadcast(peers, &mut len);
    let mut bytes = own;
    bytes.resize(u64::from_ne_bytes(len) as usize, 0);
    peers::broadcast(peers, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_told_apart_by_what_code_is_made_of() {
        let host = codegen::instructions(Default::default());
        assert!(!host.is_empty());
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("fma") {
            let other = codegen::instructions(codegen::Features { fma: false, ..Default::default() });
            assert_ne!(other, host);
        }
    }

    #[test]
    fn the_first_that_differs_is_named_with_what_differs() {
        let found = peers::threads(3, |peers| {
            let own = u64::from(peers.rank() == 2);
            difference(peers, &[("text", 7), ("seed", own)])
        });
        assert_eq!(found, [Some((2, "seed")); 3]);
        assert_eq!(peers::threads(2, |peers| difference(peers, &[("text", 7)])), [None; 2]);
    }
}
