"""The table of few.net: mean test accuracy of each arm with its standard error, and the mean of the differences to `plain`, paired by seed.

    python docs/results-pictures/few.py runs/few_*
"""
import json
import math
import pathlib
import statistics
import sys


def mean(values):
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):.2f} ± {error:.2f}"


found = {}
for folder in map(pathlib.Path, sys.argv[1:]):
    figures = folder / "metrics.json"
    if figures.exists():
        _, rest = folder.name.split("_", 1)
        arm, seed = rest.rsplit("_", 1)
        found.setdefault(arm, {})[int(seed)] = 100 * json.loads(figures.read_text())["test"]["accuracy"]

print("| arm | accuracy % | difference | seeds |\n|---|---|---|---|")
for arm, by_seed in found.items():
    pairs = [by_seed[s] - found["plain"][s] for s in by_seed if s in found["plain"]]
    print(f"| {arm} | {mean(list(by_seed.values()))} | {mean(pairs) if arm != 'plain' else ''} | {len(by_seed)} |")
