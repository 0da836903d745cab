"""Recomputes the predictions of a trained dense net from its checkpoint alone, with NumPy.

    dropnet train examples/iris.net -o runs/iris
    dropnet predict runs/iris --input rows.csv --output json
    python docs/recompute.py runs/iris/last.ckpt rows.csv

For nets that are chains of dense layers with relu between them (dropout is the identity in evaluation) and class outputs.
Needs numpy and safetensors.
"""
import csv
import json
import sys

import numpy as np
from safetensors import safe_open

path, rows = sys.argv[1:]
with safe_open(path, "np") as f:
    tensors = {name: f.get_tensor(name) for name in f.keys()}
    meta = json.loads(f.metadata()["dropnet"])

columns = meta["transform"]["fields"]["Table"]["columns"]
with open(rows) as f:
    table = [row for row in csv.reader(f) if row and not any(cell[:1].isalpha() for cell in row)]
x = np.array([[float(row[i]) for i in range(len(columns))] for row in table])
scale = np.array([c["rule"]["Number"]["scale"] for c in columns])
shift = np.array([c["rule"]["Number"]["shift"] for c in columns])
x = x * scale + shift

layers = sorted(name[: -len(".weight")] for name in tensors if name.endswith(".weight") and not name.startswith("optimizer."))
for i, layer in enumerate(layers):
    x = x @ tensors[layer + ".weight"].astype(np.float64) + tensors[layer + ".bias"]
    if i + 1 < len(layers):
        x = np.maximum(x, 0)
p = np.exp(x - x.max(axis=1, keepdims=True))
p /= p.sum(axis=1, keepdims=True)
for row in p:
    print(json.dumps([float(v) for v in row]))
