"""What librosa and torchaudio make of a clip that is made by formula; effects.json is what this prints.

    pip install librosa==0.11.0 torchaudio==2.11.0
    python tests/golden/effects.py > tests/golden/effects.json

librosa computes in double precision here: in single precision it adds up angles of thousands of turns, and is a thousandth off by that alone."""

import json

import librosa
import numpy as np
import torch
import torchaudio.functional as F

RATE = 8000


def clip(samples):
    """A rising tone, and noise from a hash of the sample's number."""
    x = np.arange(samples, dtype=np.uint64) * np.uint64(2654435761) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(15)
    x = x * np.uint64(2246822519) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(13)
    t = np.arange(samples) / RATE
    tone = 0.3 * np.sin(2 * np.pi * (300 * t + 2000 * t * t))
    return np.float32(tone + 0.2 * (x / 2.0**32 - 0.5)).astype(float)


def clicks(samples):
    y = np.zeros(samples)
    y[1000::1500] = 0.8
    return y


def near(y, rate, samples):
    """The share of the energy within 2.5 milliseconds of where clicks belong."""
    near = np.zeros(len(y), bool)
    for at in range(1000, samples, 1500):
        middle = int(round(at / rate))
        near[middle - 20 : middle + 21] = True
    return float(np.sum(y[near] ** 2) / np.sum(y**2))


def whole(y):
    """In millionths."""
    return [int(round(x)) for x in y * 1e6]


def main():
    y = clip(1000)
    stretch = [
        {"rate": rate, "window": window, "is": whole(librosa.effects.time_stretch(y, rate=rate, n_fft=window))}
        for rate, window in [(0.8, 256), (1.25, 256), (1.7, 128)]
    ]
    wave = torch.tensor(y)
    q = 0.5**0.5
    filters = [
        {"kind": kind, "cutoff": cutoff, "is": whole(of(wave, RATE, cutoff, q).numpy())}
        for kind, of in [("low", F.lowpass_biquad), ("high", F.highpass_biquad)]
        for cutoff in [200.0, 1500.0]
    ]
    # With frames as long as dropnet's; its own, of 2048 samples, leave less.
    usual = {
        rate: near(librosa.effects.time_stretch(clicks(8000), rate=rate, n_fft=384), rate, 8000)
        for rate in [0.8, 0.9, 1.1, 1.25]
    }
    print(json.dumps({"stretch": stretch, "filters": filters, "clicks": usual}))


main()
