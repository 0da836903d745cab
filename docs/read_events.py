"""Reads the TensorBoard files of a run with the tensorboard package, and compares them with its log: `python docs/read_events.py RUN`."""
import json
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = pathlib.Path(sys.argv[1])
events = EventAccumulator(str(run), size_guidance={"scalars": 0})
events.Reload()
log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
expected = {"learning_rate": {line["epoch"]: line["lr"] for line in log}}
for part in ("train", "valid"):
    for line in log:
        for name, value in line.get(part, {}).items():
            expected.setdefault(f"{name}/{part}", {})[line["epoch"]] = value
found = {tag: {scalar.step: scalar.value for scalar in events.Scalars(tag)} for tag in events.Tags()["scalars"]}
assert found.keys() == expected.keys(), (sorted(found), sorted(expected))
for tag, values in expected.items():
    assert found[tag].keys() == values.keys(), tag
    worst = max(abs(found[tag][step] - value) / max(abs(value), 1e-30) for step, value in values.items())
    assert worst < 1e-6, (tag, worst)
    print(f"{tag}: {len(values)} epochs, largest relative difference {worst:.1e}")
