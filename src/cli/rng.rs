//! `dropnet rng`: the random bits behind the masks of a site, raw, for batteries of statistical tests.

use dropnet::internal::draws::{bits32, row_key, site_key, train_stream};

use super::{
    Outcome, numbers,
    ui::{Exit, Ui},
};

#[derive(clap::Args)]
#[command(
    after_help = "A battery reads them from a pipe: `dropnet rng | dieharder -a -g 200`. Without --bytes it goes on until the reader leaves."
)]
pub struct Command {
    /// The seed of the run
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = numbers::whole::<0>)]
    seed: u64,
    /// The path of a dropout site, as `summary` shows it
    #[arg(long, value_name = "PATH", default_value = "dropout")]
    site: String,
    /// Units of a row; every other unit takes the half of a 32-bit word
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    units: u32,
    /// Rows of an epoch, after which the next one begins
    #[arg(long, value_name = "N", default_value_t = 60_000, value_parser = numbers::whole::<1>)]
    rows: u64,
    /// Stop after so many bytes
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    bytes: Option<u64>,
    /// Write one JSON object a row: its epoch, its position in it, and the bytes of its words in hexadecimal digits
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Writes the words of a row (little-endian, counters in order), row after row, epoch after epoch: the very hashes of training.
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let words = self.units.div_ceil(2);
        let site = site_key(&self.site);
        let mut left = self.bytes.unwrap_or(u64::MAX);
        let mut row = Vec::new();
        for epoch in 0.. {
            let stream = train_stream(self.seed, site, epoch);
            for position in 0..self.rows {
                let key = row_key(stream, position);
                row.clear();
                row.extend((0..words).flat_map(|j| bits32(key, j).to_le_bytes()));
                row.truncate(left.min(row.len() as u64) as usize);
                match self.json {
                    false => ui.bytes(&row)?,
                    true => {
                        let hex: String = row.iter().map(|byte| format!("{byte:02x}")).collect();
                        let object = serde_json::json!({ "epoch": epoch, "position": position, "hex": hex });
                        ui.data(&format!("{object}\n"))?;
                    }
                }
                left -= row.len() as u64;
                if left == 0 {
                    return Ok(Exit::Done);
                }
            }
        }
        Ok(Exit::Done)
    }
}
