"""Pitch shifts and stretches of a clip of one second at 16 kHz, beside librosa and audiomentations (Signalsmith Stretch), on one core in one run.

    cargo bench --bench effects --no-run
    taskset -c 1 python benches/peers/effects.py target/release/deps/effects-...

Needs librosa 0.11 and audiomentations 0.43. Every round visits all programs; prints the medians over rounds of the least time of a call, in
milliseconds, and dropnet's ratio to the fastest other one."""
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
import statistics
import subprocess
import sys
import time
import warnings

import librosa
import numpy as np
from audiomentations import PitchShift, TimeStretch

warnings.filterwarnings("ignore")
RATE, ROUNDS, CALLS = 16_000, 5, 60
WORK = [("pitch_shift", -2.0), ("pitch_shift", 1.5), ("pitch_shift", 2.0), ("time_stretch", 0.8), ("time_stretch", 1.25)]


def peers(what, amount, y):
    if what == "pitch_shift":
        theirs = PitchShift(amount, amount, p=1.0)
        return {
            "librosa": lambda: librosa.effects.pitch_shift(y, sr=RATE, n_steps=amount),
            "audiomentations": lambda: theirs(y, RATE),
        }
    theirs = TimeStretch(amount, amount, leave_length_unchanged=False, p=1.0)
    return {
        "librosa": lambda: librosa.effects.time_stretch(y, rate=amount),
        "audiomentations": lambda: theirs(y, RATE),
    }


def least(run):
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def main():
    t = np.arange(RATE) / RATE
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, RATE)
    y = (0.3 * np.sin(2 * np.pi * (200 * t + 400 * t * t)) + 0.15 * noise).astype(np.float32)
    found = {}
    for _ in range(ROUNDS):
        for line in subprocess.run([sys.argv[1], "--bench"], capture_output=True, text=True, check=True).stdout.splitlines():
            what, amount, took = line.split()
            found.setdefault((what, float(amount), "dropnet"), []).append(float(took))
        for what, amount in WORK:
            for name, run in peers(what, amount, y).items():
                found.setdefault((what, amount, name), []).append(least(run))
    for what, amount in WORK:
        took = {name: statistics.median(found[what, amount, name]) for name in ["dropnet", "librosa", "audiomentations"]}
        ratio = took["dropnet"] / min(took["librosa"], took["audiomentations"])
        print(f"{what} {amount:g}: " + ", ".join(f"{name} {ms:.2f} ms" for name, ms in took.items()) + f"; ratio {ratio:.2f}")


main()
