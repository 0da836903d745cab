//! Processes that are threads of one, and a network that is a clock: a transport for tests, and for what would be on other machines.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use super::Peers;

/// A network between threads: how long a message is under way, and how long a byte of it keeps the line that it leaves or comes in by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Link {
    /// Seconds.
    pub latency: f64,
    /// Seconds a byte.
    pub byte: f64,
}

impl Link {
    /// Seconds of a message from the moment it is sent until its last byte is there.
    pub fn message(self, bytes: usize) -> f64 {
        self.latency + self.byte * bytes as f64
    }

    /// Seconds of messages of so many bytes, one after the other.
    pub fn messages(self, bytes: &[usize]) -> f64 {
        bytes.iter().map(|bytes| self.message(*bytes)).sum()
    }
}

/// A message, and when its first byte is there, on the clock of the network.
type Message = (Vec<u8>, f64);

/// A thread that stands for a process. Nobody waits for its network: it has a clock of its own, which is set on by what the network would have taken.
pub struct Thread {
    rank: usize,
    link: Link,
    /// By the one it goes to, and by the one it comes from.
    out: Vec<Mutex<Sender<Message>>>,
    into: Vec<Mutex<Receiver<Message>>>,
    /// Seconds.
    clock: Mutex<f64>,
}

impl Thread {
    /// So many threads that know each other.
    pub fn all(size: usize, link: Link) -> Vec<Self> {
        let thread = |rank| Self { rank, link, out: Vec::new(), into: Vec::new(), clock: Mutex::new(0.0) };
        let mut all: Vec<Self> = (0..size).map(thread).collect();
        for from in 0..size {
            for to in 0..size {
                let (sender, receiver) = channel();
                all[from].out.push(Mutex::new(sender));
                all[to].into.push(Mutex::new(receiver));
            }
        }
        all
    }

    /// Seconds that the network has taken this one so far.
    pub fn clock(&self) -> f64 {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peers for Thread {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.out.len()
    }

    /// One more than anybody computes on: nobody waits for this network.
    fn cores(&self) -> usize {
        usize::MAX
    }

    /// # Panics
    /// If the other thread has ended, or sends something of another length.
    fn swap(&self, to: usize, out: &[&[u8]], from: usize, into: &mut [&mut [u8]]) {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = self.out[to].lock().unwrap_or_else(PoisonError::into_inner);
        let out = out.concat();
        let (bytes, expected) = (out.len(), into.iter().map(|piece| piece.len()).sum::<usize>());
        if bytes > 0 {
            sender.send((out, *clock + self.link.latency)).expect("the other thread is there");
        }
        let receiver = self.into[from].lock().unwrap_or_else(PoisonError::into_inner);
        let (message, arrives) = match expected {
            0 => (Vec::new(), *clock),
            _ => receiver.recv().expect("the other thread is there"),
        };
        // Lines carry both ways at once, one message each way at a time.
        let sent = *clock + self.link.byte * bytes as f64;
        let came = arrives.max(*clock) + self.link.byte * message.len() as f64;
        *clock = sent.max(came);
        let mut rest = message.as_slice();
        for piece in into {
            let (own, behind) = rest.split_at(piece.len());
            piece.copy_from_slice(own);
            rest = behind;
        }
        assert!(rest.is_empty(), "a message is as long as its receiver knows");
    }
}

/// What `work` answers as each of `size` processes, by rank.
///
/// # Panics
/// If one of them does.
pub fn threads<R: Send>(size: usize, work: impl Fn(&dyn Peers) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let work = &work;
        let all: Vec<_> = Thread::all(size, Link::default())
            .into_iter()
            .map(|own| scope.spawn(move || work(&own)))
            .collect();
        all.into_iter().map(|thread| thread.join().expect("the thread answers")).collect()
    })
}
