//! A block of changed rows, and the pieces that threads fill it by.

use std::ops::Range;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use std::thread;

use super::Epoch;
use crate::{
    data::{DataError, Numbers, Numeric, Part, Target},
    kernels::{aligned::AlignedVec, team::Team},
    memory,
    runtime::function::Arrays,
    train::augment::Rect,
};

/// Copies a rectangle of each row from its partner, as it was before.
pub(super) fn paste(
    rows: &mut [u8],
    row_bytes: usize,
    rect: Rect,
    width: usize,
    place: usize,
    partner: &[usize],
) {
    let lines: Vec<Range<usize>> = rect.lines(width, place).collect();
    let before: Vec<u8> = rows
        .chunks_exact(row_bytes)
        .flat_map(|row| lines.iter().flat_map(move |line| &row[line.clone()]))
        .copied()
        .collect();
    let of_row = rect.area() * place;
    for (row, partner) in rows.chunks_exact_mut(row_bytes).zip(partner) {
        let mut from = &before[partner * of_row..(partner + 1) * of_row];
        for line in &lines {
            let (own, rest) = from.split_at(line.len());
            row[line.clone()].copy_from_slice(own);
            from = rest;
        }
    }
}

/// Who fills a block.
#[derive(Clone, Copy)]
pub(super) enum Hands<'a> {
    /// The team that trains, between two stretches of its steps.
    Team(&'a Team),
    /// So many threads beside it.
    Own(usize),
}

/// Calls `work` with each piece and its number, by all hands.
pub(super) fn each_piece<T: ?Sized + Send>(
    pieces: &[Mutex<&mut T>],
    hands: Hands<'_>,
    work: &(impl Fn(usize, &mut T) + Sync),
) {
    let next = AtomicUsize::new(0);
    let draw = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(number) else { return };
            // Nobody else has drawn this number.
            work(number, &mut piece.lock().unwrap_or_else(PoisonError::into_inner));
        }
    };
    match hands {
        Hands::Team(team) => team.run(team.threads().min(pieces.len()), &|_| draw()),
        Hands::Own(threads) => thread::scope(|scope| {
            (0..threads.min(pieces.len())).for_each(|_| drop(scope.spawn(draw)));
        }),
    }
}

/// Rows one after another, as the net is fed with them.
pub struct Block<'a> {
    part: &'a Part,
    /// The input that is changed.
    changed: usize,
    /// The input that has the lengths of what is changed.
    lengths: Option<usize>,
    /// On cache lines, bytes too.
    inputs: Vec<AlignedVec>,
    target: Target,
    positions: usize,
}

impl<'a> Block<'a> {
    pub(super) fn new(
        part: &'a Part,
        (changed, lengths): (usize, Option<usize>),
        positions: usize,
    ) -> Result<Self, DataError> {
        let sizes = part.inputs.iter().map(|input| positions * input.store.form().row_bytes());
        memory::check(sizes.clone().map(|size| size as u64).sum())?;
        let room = |size: usize| {
            let room = AlignedVec::try_filled(size.div_ceil(size_of::<f32>()), 0.0);
            room.map_err(|_| memory::refused(size as u64))
        };
        Ok(Self {
            part,
            changed,
            lengths,
            inputs: sizes.map(room).collect::<Result<_, _>>()?,
            target: Target::NONE,
            positions,
        })
    }

    /// The rows at positions from `first` on, whose rows of the stores are `order`.
    pub(super) fn fill(
        &mut self,
        epoch: &Epoch<'_>,
        order: &[u32],
        first: usize,
        hands: Hands<'_>,
    ) -> Result<(), DataError> {
        self.positions = order.len();
        let mut lengths = vec![0; order.len()];
        for (i, input) in self.part.inputs.iter().enumerate() {
            let row_bytes = input.store.form().row_bytes();
            let room: &mut [u8] = bytemuck::cast_slice_mut(&mut self.inputs[i]);
            let room = &mut room[..order.len() * row_bytes];
            if i == self.changed {
                epoch.rows(self.part, (room, &mut lengths), order, first, hands)?;
                epoch.paste(room, row_bytes, first, hands);
                continue;
            }
            if Some(i) == self.lengths {
                continue;
            }
            let rows = (first..).zip(order).zip(room.chunks_exact_mut(row_bytes));
            for ((_, row), into) in rows.filter(|((position, _), _)| epoch.is_read(*position)) {
                input.store.read(*row as usize, into)?;
            }
        }
        if let Some(input) = self.lengths {
            epoch.lengthen(&mut lengths, first);
            bytemuck::cast_slice_mut(&mut self.inputs[input])[..lengths.len()].copy_from_slice(&lengths);
        }
        self.target = self.part.target.of_rows(order);
        Ok(())
    }

    /// The numbers of an input.
    fn numbers(&self, input: usize) -> Numbers<'_> {
        let form = self.part.inputs[input].store.form();
        let count = self.positions * form.width();
        match form.numeric {
            Numeric::F32 => Numbers::F32(&self.inputs[input][..count]),
            Numeric::I32 => Numbers::I32(&bytemuck::cast_slice(&self.inputs[input])[..count]),
            Numeric::U8 => Numbers::U8(&bytemuck::cast_slice(&self.inputs[input])[..count]),
        }
    }

    /// How many tokens or samples of each row are its own, of texts and sounds.
    #[cfg(test)]
    pub(super) fn lengths(&self) -> &[i32] {
        match self.lengths.map(|input| self.numbers(input)) {
            Some(Numbers::I32(lengths)) => lengths,
            _ => &[],
        }
    }

    /// Those of the rows that were changed.
    pub fn changed(&self) -> Numbers<'_> {
        self.numbers(self.changed)
    }

    /// What native code reads the rows from.
    pub(in crate::runtime) fn arrays(&self) -> Arrays<'_> {
        let inputs = self.part.inputs.iter().enumerate().map(|(i, input)| (input, self.numbers(i)));
        Arrays::new(inputs, Some(&self.target))
    }
}
