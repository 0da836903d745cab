//! Figures of training as TensorBoard reads them: a file of records beside `log.jsonl`.
//!
//! A record is the length of its message as u64, a checksum of the length, the message, a checksum of the message; all little-endian.
//! The message is a protocol buffer `Event` (tensorboard/compat/proto/event.proto), of which this holds the fields that are written.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use prost::Message;

use crate::runtime::{figures::Figures, train::EpochReport};

#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Scalar>,
}

#[derive(Clone, PartialEq, Message)]
struct Scalar {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, tag = "2")]
    simple_value: f32,
}

/// A file of records that grows by an event an epoch.
pub struct Events {
    file: File,
}

impl Events {
    /// Begins a file in the folder of a run; a run that is taken up again has several, which TensorBoard reads as one.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin(dir: &Path, now: f64) -> io::Result<Self> {
        let name = format!("events.out.tfevents.{:010}.dropnet.{}", now as u64, std::process::id());
        let mut events = Self { file: OpenOptions::new().create(true).append(true).open(dir.join(name))? };
        events.add(&Event {
            wall_time: now,
            file_version: Some("brain.Event:2".into()),
            ..Event::default()
        })?;
        Ok(events)
    }

    /// The figures of an epoch, `loss/train` and so on, and its learning rate; the step is the number of the epoch.
    ///
    /// # Errors
    /// What the file system says.
    pub fn epoch(&mut self, report: &EpochReport, now: f64) -> io::Result<()> {
        let mut value = Vec::new();
        let mut part = |name: &str, figures: &Figures| {
            let tagged = |(figure, x): &(String, f64)| Scalar {
                tag: format!("{figure}/{name}"),
                simple_value: *x as f32,
            };
            value.extend(figures.0.iter().map(tagged));
        };
        part("train", &report.train);
        if let Some(valid) = &report.valid {
            part("valid", valid);
        }
        if let Some(judged) = &report.judged {
            part("judged", judged);
        }
        value.push(Scalar { tag: "learning_rate".into(), simple_value: report.lr as f32 });
        let (step, summary) = (report.epoch as i64, Some(Summary { value }));
        self.add(&Event { wall_time: now, step, summary, file_version: None })
    }

    fn add(&mut self, event: &Event) -> io::Result<()> {
        self.file.write_all(&record(&event.encode_to_vec()))
    }
}

fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    let parts: [&[u8]; 4] =
        [&length, &checksum(&length).to_le_bytes(), message, &checksum(message).to_le_bytes()];
    parts.concat()
}

/// CRC-32C, turned and shifted so that a checksum of a checksum is no trivial one.
fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a file, every checksum looked at.
    fn read(bytes: &[u8]) -> Vec<Event> {
        let (mut events, mut rest) = (Vec::new(), bytes);
        while let Some((head, more)) = rest.split_at_checked(12) {
            let length = u64::from_le_bytes(head[..8].try_into().unwrap()) as usize;
            assert_eq!(head[8..], checksum(&head[..8]).to_le_bytes());
            let (message, tail) = more.split_at(length);
            assert_eq!(tail[..4], checksum(message).to_le_bytes());
            events.push(Event::decode(message).unwrap());
            rest = &tail[4..];
        }
        assert!(rest.is_empty());
        events
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let figures = |loss| Figures(vec![("loss".into(), loss), ("accuracy".into(), 0.5)]);
        let mut events = Events::begin(folder.path(), 1_000.5).unwrap();
        let report = |epoch| EpochReport {
            epoch,
            epochs: 2,
            seconds: 0.1,
            steps: 3,
            train: figures(1.0 / epoch as f64),
            valid: Some(figures(0.75)),
            judged: (epoch == 2).then(|| figures(0.25)),
            lr: 0.125,
            best: false,
        };
        events.epoch(&report(1), 1_001.0).unwrap();
        events.epoch(&report(2), 1_002.0).unwrap();
        let path = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        assert!(
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("events.out.tfevents.0000001000.dropnet.")
        );
        let events = read(&std::fs::read(&path).unwrap());
        assert_eq!((events.len(), events[0].file_version.as_deref()), (3, Some("brain.Event:2")));
        let scalars = &events[2].summary.as_ref().unwrap().value;
        let told: Vec<(&str, f32)> = scalars.iter().map(|s| (s.tag.as_str(), s.simple_value)).collect();
        assert_eq!(
            told,
            [
                ("loss/train", 0.5),
                ("accuracy/train", 0.5),
                ("loss/valid", 0.75),
                ("accuracy/valid", 0.5),
                ("loss/judged", 0.25),
                ("accuracy/judged", 0.5),
                ("learning_rate", 0.125)
            ]
        );
        assert_eq!((events[2].step, events[2].wall_time), (2, 1_002.0));
    }

    /// The check value of CRC-32C of "123456789" (Castagnoli 1993, RFC 3720) is 0xE3069283.
    #[test]
    fn checksums_are_masked() {
        assert_eq!(checksum(b"123456789"), 0xE306_9283_u32.rotate_right(15).wrapping_add(0xa282_ead8));
    }
}
