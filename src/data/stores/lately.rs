//! Rows that take work to read, kept for whoever asks for them again soon: another net, another view, another look at the same rows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::{DataError, Form, Numbers, RowStore};

/// Bytes that are kept, at most: what is predicted at once is a few times less, and many folders are no larger.
const ROOM: usize = 256 << 20;

/// Invariant: what is kept is what the store says, so it is of no account which rows are.
#[derive(Debug)]
pub struct Lately {
    of: Arc<dyn RowStore>,
    kept: Mutex<Kept>,
    room: usize,
}

#[derive(Debug, Default)]
struct Kept {
    rows: FxHashMap<usize, Arc<[u8]>>,
    /// In which they came.
    order: VecDeque<usize>,
}

impl Lately {
    pub fn new(of: Arc<dyn RowStore>) -> Self {
        Self { of, kept: Mutex::default(), room: ROOM }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowStore for Lately {
    fn rows(&self) -> usize {
        self.of.rows()
    }

    fn form(&self) -> &Form {
        self.of.form()
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn is_work(&self) -> bool {
        true
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let known = self.kept().rows.get(&row).cloned();
        if let Some(known) = known {
            into.copy_from_slice(&known);
            return Ok(());
        }
        self.of.read(row, into)?;
        let mut kept = self.kept();
        if kept.rows.insert(row, (&*into).into()).is_none() {
            kept.order.push_back(row);
        }
        while kept.order.len() * into.len() > self.room {
            let oldest = kept.order.pop_front();
            oldest.and_then(|row| kept.rows.remove(&row));
        }
        Ok(())
    }

    fn stamp(&self, row: usize, into: &mut Vec<u8>) -> Result<(), DataError> {
        self.of.stamp(row, into)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::Numeric;
    use super::*;

    /// Counts how often it is read.
    #[derive(Debug)]
    struct Counting(AtomicUsize, Form);

    impl RowStore for Counting {
        fn rows(&self) -> usize {
            9
        }

        fn form(&self) -> &Form {
            &self.1
        }

        fn whole(&self) -> Option<Numbers<'_>> {
            None
        }

        fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            into.fill(row as u8);
            Ok(())
        }
    }

    #[test]
    fn rows_are_read_again_once_they_are_forgotten() {
        let of = Arc::new(Counting(AtomicUsize::new(0), Form { numeric: Numeric::U8, shape: vec![2] }));
        let lately = Lately { room: 6, ..Lately::new(of.clone()) };
        let mut room = [0; 2];
        let mut read = |row: usize| {
            lately.read(row, &mut room).unwrap();
            assert_eq!(room, [row as u8; 2]);
            of.0.load(Ordering::SeqCst)
        };
        assert_eq!([0, 1, 2, 0, 1, 2].map(&mut read), [1, 2, 3, 3, 3, 3]);
        // The fourth takes the place of the first, and so on.
        assert_eq!([3, 1, 0, 2, 1].map(&mut read), [4, 4, 5, 5, 6]);
    }
}
