//! Spectra and bands of waves: the graph's interpreter in f64, the loops' interpreter, and native code for any number of threads.

use super::products::check_rows;
use crate::graph::{Dim, Table};
use crate::sound::{Cosines, MelBank, Scale, Spectrum};

const SAMPLES: usize = 70;

#[test]
fn spectra_of_every_form() {
    let centred =
        Spectrum { samples: SAMPLES, window: 16, hop: 5, fft: 16, before: 8, frames: 15, squared: true };
    let inside = Spectrum { before: 0, frames: 11, ..centred };
    for form in [
        centred,
        inside,
        Spectrum { squared: false, ..inside },
        Spectrum { fft: 21, ..centred },
        Spectrum { window: 15, fft: 15, squared: false, ..inside },
        // Many frames, so that rows are cut into small shards.
        Spectrum { hop: 1, before: 0, frames: 55, ..centred },
    ] {
        assert_eq!(form.check(), Ok(()));
        let wave = vec![Dim::Batch, Dim::Const(SAMPLES)];
        check_rows(&[1, 5, 9], &[wave], |b, x| b.spectra(x[0], form), &format!("{form:?}"));
    }
}

#[test]
fn bands_are_products_with_a_table() {
    let form =
        Spectrum { samples: SAMPLES, window: 16, hop: 5, fft: 16, before: 8, frames: 15, squared: true };
    let (low, high) = (10.0, 480.0);
    let bank = MelBank { rate: 1000, fft: 16, bands: 3, low, high, scale: Scale::Htk, area: false };
    let wave = vec![Dim::Batch, Dim::Const(SAMPLES)];
    let bands = |b: &mut crate::graph::Builder, x: &[crate::graph::ValueId]| {
        let spectra = b.spectra(x[0], form);
        let bank = b.table(Table::Mel(bank));
        let bands = b.contract(spectra, bank, &[], &[(2, 0)]);
        let cosines = b.table(Table::Cosines(Cosines { bands: 3, kept: 2 }));
        b.contract(bands, cosines, &[], &[(2, 0)])
    };
    check_rows(&[1, 33], &[wave], bands, "bands");
}
