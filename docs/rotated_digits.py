"""Test ones of MNIST turned by 0, 15, ..., 165 degrees, as raw rows for `dropnet predict`; and what came back, by angle.

    python docs/rotated_digits.py FOLDER_OF_MNIST > ones.csv
    dropnet predict RUN --input ones.csv --samples 100 > said.csv
    python docs/rotated_digits.py --read said.csv

Needs NumPy. Pixels are interpolated bilinearly around the middle of the picture; what turns in from outside is black.
"""
import csv
import gzip
import pathlib
import sys

import numpy as np

ANGLES = range(0, 180, 15)
ONES = 100


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


def write(folder):
    images = idx(folder / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = idx(folder / "t10k-labels-idx1-ubyte.gz", 8)
    ones = images[labels == 1][:ONES]
    for angle in ANGLES:
        for image in ones:
            print(",".join(f"{pixel:.4g}" for pixel in turned(image, angle).ravel()))


def read(path):
    rows = list(csv.DictReader(open(path)))
    each = len(rows) // len(ANGLES)
    information = [float(row["mutual_information"]) for row in rows]
    means = [float(np.mean(information[i * each : (i + 1) * each])) for i in range(len(ANGLES))]
    for angle, mean in zip(ANGLES, means):
        print(f"{angle:3} degrees  mean mutual information {mean:.4f}")
    middle = np.mean([mean for angle, mean in zip(ANGLES, means) if 60 <= angle <= 120])
    print(f"60 to 120 degrees against 0: {middle / means[0]:.1f} times")


if sys.argv[1] == "--read":
    read(sys.argv[2])
else:
    write(pathlib.Path(sys.argv[1]))
