"""Golden values of src/sound/features: filter banks, spectrograms, cepstra and deltas of librosa and torchaudio.

    pip install librosa==0.11.0 torchaudio==2.11.1
    python docs/sound.py > src/sound/features/golden.rs

Banks are told by three numbers a band: the sum of its weights, the sum weighted by the bin's number, and the largest. The clip is made by
formula, so both sides make it themselves: a chirp and noise of a linear congruential generator, one second at 16 kHz.
"""

import librosa
import numpy as np
import torch
import torchaudio

torch.set_default_dtype(torch.float64)  # in 32 bits torchaudio's HTK banks are off by 6e-6
RATE, SAMPLES = 16_000, 16_000
# rate, fft, bands, low, high, htk, slaney's norm
BANKS = [
    (16_000, 400, 64, 50.0, 8_000.0, True, False),
    (16_000, 400, 64, 50.0, 8_000.0, False, True),
    (22_050, 1024, 40, 0.0, 11_025.0, False, False),
    (8_000, 200, 40, 50.0, 4_000.0, True, True),
]


def clip():
    t = np.arange(SAMPLES) / RATE
    chirp = np.sin(2 * np.pi * (200 * t + 1_800 * t * t))
    state, noise = 1, np.empty(SAMPLES)
    for i in range(SAMPLES):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        noise[i] = state / 2**31 - 1
    return 0.5 * chirp + 0.05 * noise


def bank(rate, fft, bands, low, high, htk, norm):
    own = librosa.filters.mel(sr=rate, n_fft=fft, n_mels=bands, fmin=low, fmax=high, htk=htk,
                              norm="slaney" if norm else None, dtype=np.float64)
    theirs = torchaudio.functional.melscale_fbanks(fft // 2 + 1, low, high, bands, rate,
                                                   "slaney" if norm else None, "htk" if htk else "slaney")
    assert np.abs(own - theirs.numpy().T).max() < 1e-9
    return own


def rows(name, values):
    print(f"#[rustfmt::skip]\npub const {name}: &[f64] = &[")
    numbers = [f"{v:.8e}" for v in np.asarray(values, dtype=np.float64).ravel()]
    for at in range(0, len(numbers), 8):
        print("    " + ", ".join(numbers[at : at + 8]) + ",")
    print("];")


print("//! Values of librosa 0.11, with which torchaudio 2.11 agrees, by `docs/sound.py`.\n")
for i, form in enumerate(BANKS):
    weights = bank(*form)
    bins = np.arange(weights.shape[1])
    rows(f"BANK_{i}", np.stack([weights.sum(1), weights @ bins, weights.max(1)], 1))

x = clip()
window, hop = 400, 160
power = np.abs(librosa.stft(x, n_fft=window, hop_length=hop, dtype=np.complex128)) ** 2
ours = torch.stft(torch.tensor(x), window, hop, window=torch.hann_window(window, dtype=torch.float64),
                  center=True, pad_mode="constant", return_complex=True).abs().numpy() ** 2
assert np.abs(power - ours).max() < 1e-9 * power.max()
mel = bank(*BANKS[0]) @ power
AT = [0, 1, 50, 99, 100]
print("/// The frames of which the clip's values are given.")
print(f"pub const FRAMES: [usize; {len(AT)}] = {AT};")
rows("POWER", power[:, AT].T[:, ::10])
rows("MEL", mel[:, AT].T)
print("/// The largest number of the whole mel spectrogram.")
print(f"pub const MEL_TOP: f64 = {mel.max():.8e};")
log = np.log(np.maximum(mel, 1e-6))
rows("MFCC", librosa.feature.mfcc(S=log, n_mfcc=13)[:, AT].T)
rows("DELTA", librosa.feature.delta(log, width=9, mode="nearest")[:, AT].T)
# A window of 400 lies in the middle of 512 samples there.
apart = np.abs(librosa.stft(np.concatenate([np.zeros(56), x]), n_fft=512, win_length=window, hop_length=hop, center=False, dtype=np.complex128))
rows("APART", apart[:, [0, 3]].T[:, ::16])
