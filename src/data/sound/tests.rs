//! Files of all kinds to samples, and what is said of those that are broken.

use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::decode::decode;
use super::*;

/// A wav file of these samples, written by another program's hand.
fn wav(spec: WavSpec, write: impl FnOnce(&mut WavWriter<Cursor<&mut Vec<u8>>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = WavWriter::new(Cursor::new(&mut bytes), spec).unwrap();
    write(&mut writer);
    writer.finalize().unwrap();
    bytes
}

fn spec(bits_per_sample: u16, sample_format: SampleFormat, channels: u16) -> WavSpec {
    WavSpec { channels, sample_rate: 8000, bits_per_sample, sample_format }
}

fn whole(bits: u16, channels: u16, samples: &[i32]) -> Vec<u8> {
    wav(spec(bits, SampleFormat::Int, channels), |writer| {
        samples.iter().for_each(|x| writer.write_sample(*x).unwrap());
    })
}

fn read(bytes: &[u8], prepare: &Prepare) -> (Vec<f32>, u32) {
    let (samples, rate) = decode(bytes, prepare, "a.wav").unwrap_or_else(|e| panic!("{e}"));
    (samples.real(), rate)
}

fn plain(bytes: &[u8]) -> Vec<f32> {
    let (samples, rate) = read(bytes, &Prepare::default());
    assert_eq!(rate, 8000);
    samples
}

#[test]
fn samples_of_every_width_are_in_minus_one_to_one() {
    let quarters = [0.0, 0.25, -0.25, -1.0, 0.5];
    for (bits, full) in [(8, 128), (16, 32_768), (24, 8_388_608), (32, 2_147_483_648_i64)] {
        let samples: Vec<i32> = quarters.iter().map(|x| (x * full as f64) as i32).collect();
        assert_eq!(plain(&whole(bits, 1, &samples)), quarters.map(|x| x as f32), "{bits} bits");
    }
    let floats = wav(spec(32, SampleFormat::Float, 1), |writer| {
        [0.1_f32, -1.5].iter().for_each(|x| writer.write_sample(*x).unwrap());
    });
    assert_eq!(plain(&floats), [0.1, -1.5]);
}

/// Sixteen bits stay sixteen bits, and give the numbers that floats would.
#[test]
fn short_samples_stay_short() {
    let bytes = whole(16, 1, &[1, -32_768, 32_767]);
    let (samples, _) = decode(&bytes, &Prepare::default(), "a.wav").unwrap();
    assert_eq!(samples, Samples::Short(vec![1, -32_768, 32_767]));
    let mut room = [9.0; 2];
    samples.read(1, &mut room);
    assert_eq!(room.as_slice(), &samples.real()[1..]);
}

#[test]
fn one_channel_is_heard() {
    let bytes = whole(16, 2, &[16_384, 0, -16_384, -32_768]);
    let of = |channels| read(&bytes, &Prepare { channels, ..Prepare::default() }).0;
    assert_eq!(of(Channels::Mix), [0.25, -0.75]);
    assert_eq!(of(Channels::Number(1)), [0.5, -0.5]);
    assert_eq!(of(Channels::Number(2)), [0.0, -1.0]);
    let third = Prepare { channels: Channels::Number(3), ..Prepare::default() };
    let said = decode(&bytes, &third, "a.wav").unwrap_err().to_string();
    assert!(said.contains("it has 2 channels, and `channels=3` asks for another"), "{said}");
}

/// 40 samples of a ramp in 16 bits, 20 of two channels in 24, 16 in 8 bits: as libsndfile writes them.
const FLAC_16: &[u8] = &[
    102, 76, 97, 67, 0, 0, 0, 34, 16, 0, 16, 0, 0, 0, 20, 0, 0, 20, 1, 244, 0, 240, 0, 0, 0, 40, 22, 135, 33,
    255, 143, 116, 151, 194, 214, 216, 62, 89, 155, 198, 109, 115, 132, 0, 0, 40, 32, 0, 0, 0, 114, 101, 102,
    101, 114, 101, 110, 99, 101, 32, 108, 105, 98, 70, 76, 65, 67, 32, 49, 46, 52, 46, 51, 32, 50, 48, 50,
    51, 48, 54, 50, 51, 0, 0, 0, 0, 255, 248, 100, 8, 0, 39, 22, 21, 114, 84, 204, 12, 0, 255, 255, 255, 255,
    252, 150, 116,
];
const FLAC_24: &[u8] = &[
    102, 76, 97, 67, 0, 0, 0, 34, 16, 0, 16, 0, 0, 0, 29, 0, 0, 29, 10, 196, 67, 112, 0, 0, 0, 20, 251, 128,
    152, 156, 103, 107, 214, 172, 45, 121, 123, 178, 46, 77, 97, 186, 132, 0, 0, 40, 32, 0, 0, 0, 114, 101,
    102, 101, 114, 101, 110, 99, 101, 32, 108, 105, 98, 70, 76, 65, 67, 32, 49, 46, 52, 46, 51, 32, 50, 48,
    50, 51, 48, 54, 50, 51, 0, 0, 0, 0, 255, 248, 105, 28, 0, 19, 109, 21, 14, 145, 202, 214, 205, 32, 7,
    255, 254, 42, 8, 0, 1, 249, 229, 128, 31, 255, 248, 168, 204,
];
const FLAC_8: &[u8] = &[
    102, 76, 97, 67, 0, 0, 0, 34, 16, 0, 16, 0, 0, 0, 15, 0, 0, 15, 3, 232, 0, 112, 0, 0, 0, 16, 78, 232, 8,
    49, 237, 61, 93, 255, 4, 76, 36, 247, 222, 22, 48, 223, 132, 0, 0, 40, 32, 0, 0, 0, 114, 101, 102, 101,
    114, 101, 110, 99, 101, 32, 108, 105, 98, 70, 76, 65, 67, 32, 49, 46, 52, 46, 51, 32, 50, 48, 50, 51, 48,
    54, 50, 51, 0, 0, 0, 0, 255, 248, 101, 2, 0, 15, 95, 21, 56, 200, 1, 255, 248, 224, 126,
];

#[test]
fn flac_is_read() {
    let ramp: Vec<f32> = (0..40).map(|i| (i * 700 - 14_000) as f32 / 32_768.0).collect();
    assert_eq!(read(FLAC_16, &Prepare::default()), (ramp, 8000));
    let (mix, rate) = read(FLAC_24, &Prepare::default());
    let mean = |i: i32| ((i * 300_000 - 3_000_000) as f32 + (i * -200_000) as f32) / 8_388_608.0 / 2.0;
    assert_eq!(rate, 44_100);
    assert!((0..20).all(|i| (mix[i as usize] - mean(i)).abs() < 1e-6), "{mix:?}");
    let (eighth, rate) = read(FLAC_8, &Prepare::default());
    assert_eq!((eighth[0], eighth[15], rate), (-0.5, 7.0 / 16.0, 16_000));
}

/// Whatever becomes of a file on its way, it is a clip or an error.
#[test]
fn damaged_files_are_errors() {
    let files = [FLAC_16.to_vec(), FLAC_24.to_vec(), whole(16, 2, &[5; 40]), whole(24, 1, &[5; 40])];
    let mut broken = 0;
    for file in &files {
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, file[at] ^ 4] {
                let mut bent = file.clone();
                bent[at] = value;
                broken += usize::from(decode(&bent, &Prepare::default(), "a.wav").is_err());
            }
            assert!(decode(&file[..at], &Prepare::default(), "a.wav").is_err(), "{at} of {}", file.len());
        }
    }
    assert!(broken > 1000, "{broken}");
}

#[test]
fn what_is_wrong_with_a_file_is_placed() {
    let good = whole(16, 1, &[1, 2, 3, 4]);
    let bent = |at: usize, bytes: &[u8]| {
        let mut bent = good.clone();
        bent[at..at + bytes.len()].copy_from_slice(bytes);
        bent
    };
    let mut said = Vec::new();
    let mut case = |what: &str, bytes: &[u8]| {
        said.push(format!("{what}:\n{}", decode(bytes, &Prepare::default(), "dog/1.wav").unwrap_err()));
    };
    case("cut off", &good[..good.len() - 3]);
    case("cut off in its header", &good[..30]);
    case("a header that promises too much", &bent(40, &[0xff, 0xff, 0, 0]));
    case("a header that promises nothing", &bent(40, &[0, 0, 0, 0]));
    case("half a sample", &bent(40, &[7, 0, 0, 0]));
    case("no samples", &whole(16, 1, &[]));
    case("no rate", &bent(24, &[0, 0, 0, 0]));
    case("a rate beyond any", &bent(24, &[0xff, 0xff, 0xff, 0xff]));
    case("no channels", &bent(22, &[0, 0]));
    case("a width that is none", &bent(34, &[12, 0]));
    case("a header that contradicts itself", &bent(32, &[4, 0]));
    case("mu-law", &bent(20, &[7, 0]));
    case("mp3", b"ID3\x04\0\0\0\0\0\0");
    case("mp3 without a title", &[0xff, 0xfb, 0x90, 0x64, 0, 0]);
    case("ogg", b"OggS\0\x02");
    case("a page of the web", b"<html>not found</html>");
    case("nothing", b"");
    case("flac that is cut off", &FLAC_16[..FLAC_16.len() - 2]);
    let mut flac = FLAC_16.to_vec();
    let last = flac.len() - 4;
    flac[last] ^= 1;
    case("flac that is damaged", &flac);
    let mut lying = FLAC_16.to_vec();
    lying[25] = 41;
    case("flac whose header lies", &lying);
    let nan = wav(spec(32, SampleFormat::Float, 1), |writer| {
        [0.5, f32::NAN].iter().for_each(|x| writer.write_sample(*x).unwrap());
    });
    case("no number", &nan);
    let loud = wav(spec(32, SampleFormat::Float, 1), |writer| {
        [2.5, -1e38].iter().for_each(|x| writer.write_sample(*x).unwrap());
    });
    case("louder than any sound", &loud);
    insta::assert_snapshot!(said.join("\n\n"));
}

/// A recorder that was not told how long it would go on.
#[test]
fn a_stream_goes_to_the_end_of_its_file() {
    let mut bytes = whole(16, 1, &[1, 2, 3]);
    bytes[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(plain(&bytes).len(), 3);
}

#[test]
fn silence_is_trimmed_and_levels_are_set() {
    // A tenth of a second of silence, two of a tone with a pause in it, and one of a whisper.
    let loud = |i: usize| if i.is_multiple_of(2) { 8000 } else { -8000 };
    let samples: Vec<i32> = (0..4000)
        .map(|i| match i / 800 {
            1 | 3 => loud(i),
            4 => loud(i) / 1000,
            _ => 0,
        })
        .collect();
    let bytes = whole(16, 1, &samples);
    let trimmed = read(&bytes, &Prepare { trim: Some(-40.0), ..Prepare::default() }).0;
    // A moment that holds the last sample of sound goes 20 ms beyond it at most.
    assert!((2400..=2400 + 2 * 160).contains(&trimmed.len()), "{}", trimmed.len());
    let kept = read(&bytes, &Prepare { trim: Some(-80.0), ..Prepare::default() }).0;
    assert!((3200..=3360).contains(&kept.len()), "{}", kept.len());
    let levelled = read(&bytes, &Prepare { level: Some(-20.0), ..Prepare::default() }).0;
    let power = levelled.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 4000.0;
    assert!((power.sqrt() - 0.1).abs() < 1e-6, "{power}");
    let silence = whole(16, 1, &[0; 500]);
    let both = Prepare { trim: Some(-40.0), level: Some(-20.0), ..Prepare::default() };
    assert_eq!(read(&silence, &both).0, [0.0; 500]);
}

/// A tone of 440 turns a second keeps them, and its length; what the lower rate has no room for is gone.
#[test]
fn another_rate_keeps_pitch_and_length() {
    let tone = |turns: f64, rate: f64, samples: usize| -> Vec<f32> {
        (0..samples).map(|i| (i as f64 * turns / rate * std::f64::consts::TAU).sin() as f32 * 0.5).collect()
    };
    let spec =
        WavSpec { channels: 1, sample_rate: 44_100, bits_per_sample: 32, sample_format: SampleFormat::Float };
    let of = |turns: f64| {
        wav(spec, |writer| {
            tone(turns, 44_100.0, 22_050).into_iter().for_each(|x| writer.write_sample(x).unwrap());
        })
    };
    let prepare = Prepare { rate: Some(8000), ..Prepare::default() };
    let (samples, rate) = read(&of(440.0), &prepare);
    assert_eq!((samples.len(), rate), (4000, 8000));
    let wanted = tone(440.0, 8000.0, 4000);
    let apart =
        samples.iter().zip(&wanted).skip(100).take(3800).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-3, "{apart}");
    let (high, _) = read(&of(6000.0), &prepare);
    assert!(high[100..3900].iter().all(|x| x.abs() < 1e-3));
}

/// Work and memory grow with the ratio of two rates, and with that of their inverse the samples.
#[test]
fn rates_that_lie_too_far_apart_are_refused() {
    let prepare = |rate| Prepare { rate: Some(rate), ..Prepare::default() };
    let at = |rate: u32| {
        let spec = WavSpec { sample_rate: rate, ..spec(16, SampleFormat::Int, 1) };
        wav(spec, |writer| (0..512).for_each(|_| writer.write_sample(5000_i16).unwrap()))
    };
    for (from, to, samples) in [(25_600, 100, 2), (100, 25_600, 131_072)] {
        let (clip, rate) = read(&at(from), &prepare(to));
        assert_eq!((clip.len(), rate), (samples, to), "{from} to {to}");
    }
    let said = |from, to| decode(&at(from), &prepare(to), "dog/1.wav").unwrap_err().to_string();
    insta::assert_snapshot!([said(25_700, 100), said(1, 16_000)].join("\n\n"), @"
    error[E0553]: a sound of 25700Hz is not brought to 100Hz
     --> dog/1.wav
      = a rate is changed by a factor of 256 at most
    help: choose a rate that is nearer; where the file lies about its own, write it anew

    error[E0553]: a sound of 1Hz is not brought to 16kHz
     --> dog/1.wav
      = a rate is changed by a factor of 256 at most
    help: choose a rate that is nearer; where the file lies about its own, write it anew
    ");
}

/// Samples below all normal numbers are brought to the level like others: nothing of a clip becomes infinite.
#[test]
fn what_is_nearly_silent_is_brought_to_the_level_too() {
    let tiny = wav(spec(32, SampleFormat::Float, 1), |writer| {
        [1e-40_f32, -1e-40, 0.0, 1e-40].iter().for_each(|x| writer.write_sample(*x).unwrap());
    });
    let levelled = read(&tiny, &Prepare { level: Some(-20.0), ..Prepare::default() }).0;
    let wanted = 0.1 / 0.75_f64.sqrt();
    for (x, sign) in levelled.iter().zip([1.0, -1.0, 0.0, 1.0]) {
        assert!((f64::from(*x) - sign * wanted).abs() < 1e-5, "{levelled:?}");
    }
}

#[test]
fn names_are_read_in_one_way_or_not_at_all() {
    let of = |text: &str, name: &str| {
        let pattern = Pattern::parse(text).map_err(|(what, _)| what)?;
        assert_eq!(pattern.to_string(), text);
        pattern.read(name).map(|parts| parts.join("|")).map_err(|e| e.message.clone())
    };
    assert_eq!(of("{label}_{speaker}_{index}", "rec/7_jackson_32.wav"), Ok("7|jackson|32".to_owned()));
    assert_eq!(of("x-{n}-{label}", "x-1.5-dog.bark.flac"), Ok("1.5|dog.bark".to_owned()));
    assert_eq!(of("{label}(1)", "a(1)(1).wav"), Ok("a(1)".to_owned()));
    for (text, name, said) in [
        ("{label}_{n}", "dog.wav", "the name `dog` is not of the form `{label}_{n}`"),
        ("{label}_{n}", "_3.wav", "the name `_3` is not of the form `{label}_{n}`"),
        ("{label}_{n}", "a_b_3.wav", "the name `a_b_3` can be read as `{label}_{n}` in more than one way"),
        ("{speaker}", "a.wav", "no part of the pattern is called `label`"),
        (
            "{label}{n}",
            "a.wav",
            "two parts of the pattern stand side by side, with nothing to tell where one ends",
        ),
        ("{label", "a.wav", "a brace of the pattern is not closed"),
        ("label}_{label}", "a.wav", "a brace of the pattern was not opened"),
        ("{label}_{label}", "a.wav", "`{label}` stands twice in the pattern"),
        ("{label}_{a b}", "a.wav", "`{a b}` is no name"),
    ] {
        assert_eq!(of(text, name), Err(said.to_owned()), "{text}");
    }
}
