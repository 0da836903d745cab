"""The table of speakers.net: test accuracy of each arm over the six speakers that are left out, means over seeds first, with its standard error over the speakers; and the differences to `none`
and to `dropout`, paired by speaker.

    python docs/results-sound/speakers.py runs/*
    python docs/results-sound/speakers.py docs/results-sound/speakers.csv

The second is of the runs that docs/RESULTS.md tells of.
"""
import csv
import json
import math
import pathlib
import statistics
import sys


def mean(values):
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):.2f} ± {error:.2f}"


found = {}


def add(arm, speaker, accuracy):
    found.setdefault(arm, {}).setdefault(int(speaker), []).append(accuracy)


for path in map(pathlib.Path, sys.argv[1:]):
    if path.suffix == ".csv":
        for row in csv.DictReader(path.open()):
            add(row["arm"], row["speaker"], float(row["accuracy"]))
    elif (figures := path / "metrics.json").exists():
        arm, speaker, _ = path.name.split("_")
        add(arm, speaker, 100 * json.loads(figures.read_text())["test"]["accuracy"])

arms = {arm: {k: statistics.mean(seeds) for k, seeds in by_speaker.items()} for arm, by_speaker in found.items()}


def difference(arm, base):
    both = sorted(arms[arm].keys() & arms.get(base, {}).keys())
    return mean([arms[arm][k] - arms[base][k] for k in both]) if arm != base and both else ""


print("| arm | accuracy % | to none | to dropout | by speaker | runs |\n|---|---|---|---|---|---|")
for arm, of in arms.items():
    each = ", ".join(f"{of[k]:.1f}" for k in sorted(of))
    runs = sum(map(len, found[arm].values()))
    print(f"| {arm} | {mean(list(of.values()))} | {difference(arm, 'none')} | {difference(arm, 'dropout')} | {each} | {runs} |")
