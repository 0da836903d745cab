"""The digits of MNIST, training and test part, as one NumPy array of rows: `python docs/digits.py FOLDER x.npy`."""
import gzip
import pathlib
import sys

import numpy as np

folder, out = map(pathlib.Path, sys.argv[1:])
parts = []
for name in ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"]:
    path = folder / name
    data = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    parts.append(np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784))
np.save(out, np.concatenate(parts).astype(np.float32) / 255)
