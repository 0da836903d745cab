"""Test ones of MNIST turned by 0, 15, ..., 165 degrees, as raw rows for `dropnet predict`; and what came back, by angle.

    python docs/rotated_digits.py FOLDER_OF_MNIST > ones.csv
    dropnet predict RUN --input ones.csv --samples 100 > said.csv
    python docs/rotated_digits.py --read said.csv

One of them, sample by sample: its classes, and how far the logits of the three likeliest lie apart (`dropnet` is on the path):

    python docs/rotated_digits.py --spread FOLDER_OF_MNIST RUN

Needs NumPy. Pixels are interpolated bilinearly around the middle of the picture; what turns in from outside is black.
"""
import csv
import gzip
import io
import pathlib
import subprocess
import sys

import numpy as np

ANGLES = range(0, 180, 15)
ONES = 100
SAMPLES = 100


def idx(path, skip):
    return np.frombuffer(gzip.decompress(path.read_bytes()), dtype=np.uint8, offset=skip)


def turned(image, degrees):
    angle = np.deg2rad(degrees)
    rows, cols = np.mgrid[0:28, 0:28] - 13.5
    y = np.cos(angle) * rows - np.sin(angle) * cols + 13.5
    x = np.sin(angle) * rows + np.cos(angle) * cols + 13.5
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    padded = np.pad(image.astype(float), 30)
    at = lambda r, c: padded[r + 30, c + 30]
    dy, dx = y - top, x - left
    upper = at(top, left) * (1 - dx) + at(top, left + 1) * dx
    lower = at(top + 1, left) * (1 - dx) + at(top + 1, left + 1) * dx
    return upper * (1 - dy) + lower * dy


def test_ones(folder):
    images = idx(folder / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = idx(folder / "t10k-labels-idx1-ubyte.gz", 8)
    return images[labels == 1][:ONES]


def line(image, degrees):
    return ",".join(f"{pixel:.4g}" for pixel in turned(image, degrees).ravel())


def write(folder):
    ones = test_ones(folder)
    for angle in ANGLES:
        for image in ones:
            print(line(image, angle))


def read(path):
    rows = list(csv.DictReader(open(path)))
    each = len(rows) // len(ANGLES)
    information = [float(row["mutual_information"]) for row in rows]
    means = [float(np.mean(information[i * each : (i + 1) * each])) for i in range(len(ANGLES))]
    for angle, mean in zip(ANGLES, means):
        print(f"{angle:3} degrees  mean mutual information {mean:.4f}")
    middle = np.mean([mean for angle, mean in zip(ANGLES, means) if 60 <= angle <= 120])
    print(f"60 to 120 degrees against 0: {middle / means[0]:.1f} times")


def spread(folder, run):
    """Samples are predictions by one sample each, with seeds of their own. Logits are known up to a number a row: here their mean is 0."""
    rows = "\n".join(line(test_ones(folder)[0], angle) for angle in ANGLES) + "\n"

    def sample(seed):
        command = ["dropnet", "predict", run, "--input", "-", "--samples", "1", "--seed", str(seed), "--output", "npy", "--quiet"]
        said = subprocess.run(command, input=rows.encode(), stdout=subprocess.PIPE, check=True).stdout
        return np.load(io.BytesIO(said))[:, :10].astype(float)

    p = np.stack([sample(seed) for seed in range(SAMPLES)])
    logits = np.log(np.maximum(p, 1e-38))
    logits -= logits.mean(axis=2, keepdims=True)
    entropy = lambda q: -(q * np.log(np.maximum(q, 1e-38))).sum(axis=-1)
    information = entropy(p.mean(axis=0)) - entropy(p).mean(axis=0)
    for i, angle in enumerate(ANGLES):
        chosen = np.bincount(p[:, i].argmax(axis=1), minlength=10)
        classes = ", ".join(f"{c} ({chosen[c]})" for c in np.argsort(-chosen, kind="stable") if chosen[c])
        likely = np.argsort(-p[:, i].mean(axis=0))[:3]
        shown = ", ".join(f"{c}: {logits[:, i, c].mean():.1f} ± {logits[:, i, c].std(ddof=1):.1f}" for c in likely)
        print(f"{angle:3} degrees  classes {classes}  logits {shown}  mutual information {information[i]:.3f}")


if sys.argv[1] == "--read":
    read(sys.argv[2])
elif sys.argv[1] == "--spread":
    spread(pathlib.Path(sys.argv[2]), sys.argv[3])
else:
    write(pathlib.Path(sys.argv[1]))
