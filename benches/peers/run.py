"""Times dropnet and its peers, interleaved: every round visits every program once, so drifts of the machine meet all.

    python benches/peers/run.py [--rounds N] [--workloads small,eval-small-1,...] [--peers jax-rbg,candle,...] [--output results.json]

Needs a release build of dropnet, the packages of `requirements.txt`, and for the Rust peers
`cargo build --release --manifest-path benches/peers/rust/Cargo.toml`. Workloads: a step of training (`NET`, `NET-BATCH`), a call that predicts
rows (`eval-NET-ROWS`), a call that predicts rows by 100 samples of dropout (`mc-NET-ROWS`). Prints medians in microseconds, and
dropnet's ratio to the fastest peer of the run.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RUST = HERE / "rust/target/release"

# Sizes, and rates of dropping the input of each layer: those of the files in nets/.
NETS = {
    "table": ([8, 50, 50, 1], [0.2, 0.5, 0.5]),
    "small": ([64, 128, 10], [0.2, 0.5]),
    "tower": ([64] + 10 * [128] + [10], 11 * [0.1]),
    "medium": ([784, 512, 512, 10], [0.2, 0.5, 0.5]),
    "medium_last": ([784, 512, 512, 10], [0.0, 0.0, 0.5]),
    "large": ([784, 1024, 1024, 1024, 10], [0.2, 0.5, 0.5, 0.5]),
}
# Shapes of the pictures, and classes: what `torch_maps.py` and `jax_maps.py` build.
MAPS = {"maps": [32, 32, 3], "lenet": [28, 28, 1], "resnet": [32, 32, 3], "separable": [32, 32, 3]}
NETS |= {net: ([shape, 10], []) for net, shape in MAPS.items()}
SAMPLES = 100


def training(net, batch, steps):
    return {"net": net, "batch": batch, "steps": steps, "mode": "train"}


WORKLOADS = {
    "table": training("table", 32, 100),
    "small": training("small", 128, 80),
    "tower": training("tower", 500, 10),
    "medium": training("medium", 128, 20),
    "large": training("large", 128, 10),
    "small-32": training("small", 32, 100),
    "small-1024": training("small", 1024, 10),
    "medium-32": training("medium", 32, 20),
    "medium-1024": training("medium", 1024, 5),
    "large-32": training("large", 32, 10),
    "large-1024": training("large", 1024, 3),
    "maps": training("maps", 64, 20),
    "lenet": training("lenet", 128, 16),
    "resnet": training("resnet", 128, 8),
    "separable": training("separable", 64, 20),
}
for net in ["table", "small", "tower", "medium", "large"]:
    for rows, calls in [(1, 200), (32, 100), (1024, 10)]:
        WORKLOADS[f"eval-{net}-{rows}"] = {"net": net, "batch": rows, "steps": calls, "mode": "eval"}
for net in MAPS:
    for rows, calls in [(1, 100), (32, 20), (256, 3)]:
        WORKLOADS[f"eval-{net}-{rows}"] = {"net": net, "batch": rows, "steps": calls, "mode": "eval"}
for net in ["table", "small", "medium", "medium_last"]:
    for rows, calls in [(1, 20), (100, 2), (1000, 1)]:
        WORKLOADS[f"mc-{net}-{rows}"] = {"net": net, "batch": rows, "steps": calls, "mode": "mc"}
# Dropout in front of the last layer of `lenet`, behind the pools of `maps` too.
for net in ["lenet", "maps"]:
    for rows, calls in [(1, 20), (32, 1)]:
        WORKLOADS[f"mc-{net}-{rows}"] = {"net": net, "batch": rows, "steps": calls, "mode": "mc"}
# Peers that know convolutions, and those of them that know samples of nets with them.
MAP_PEERS = ["torch-eager", "torch-compile", "jax-rbg", "jax-threefry"]
MAP_SAMPLERS = ["torch-eager", "torch-compile", "torch-prefix"]
PEERS = {
    "jax-rbg": [sys.executable, "jax_peer.py", "rbg"],
    "jax-threefry": [sys.executable, "jax_peer.py", "threefry2x32"],
    "torch-eager": [sys.executable, "torch_peer.py", "eager"],
    "torch-compile": [sys.executable, "torch_peer.py", "compile"],
    # Monte-Carlo dropout only.
    "torch-prefix": [sys.executable, "torch_peer.py", "prefix"],
    "torch-loop": [sys.executable, "torch_peer.py", "loop"],
    "baal": [sys.executable, "torch_peer.py", "baal"],
    "torch-uncertainty": [sys.executable, "torch_peer.py", "torch-uncertainty"],
    "burn": [str(RUST / "burn_peer")],
    "candle": [str(RUST / "candle_peer")],
}
SAMPLERS = ["torch-prefix", "torch-loop", "baal", "torch-uncertainty"]

ROWS = 10_240
MAP_ROWS = 2_048


def write_data(folder):
    """What all programs train on: normal inputs, and targets that a random linear teacher gives."""
    rng = np.random.default_rng(1)
    for net, (sizes, _) in NETS.items():
        if "_" in net:
            continue
        shape = MAPS.get(net, sizes[:1])
        rows = MAP_ROWS if net in MAPS else ROWS
        sizes = [math.prod(shape), sizes[-1]]
        x = rng.standard_normal((rows, sizes[0]), dtype=np.float32)
        scores = x @ rng.standard_normal((sizes[0], sizes[-1]), dtype=np.float32)
        y = np.tanh(scores) if sizes[-1] == 1 else scores.argmax(axis=1).astype(np.int64)
        np.save(folder / f"{net}_x.npy", x.reshape(rows, *shape))
        np.save(folder / f"{net}_y.npy", y)


class Peer:
    """A process that runs one epoch a line."""

    def __init__(self, command, threads):
        names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"]
        env = dict(os.environ, **{name: str(threads) for name in names})
        self.process = subprocess.Popen(
            command, cwd=HERE, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )

    def run(self, spec):
        self.process.stdin.write(json.dumps(spec) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(self.process.args)} ended on {json.dumps(spec)}")
        return json.loads(line)


class Dropnet:
    """The release binary: its own bench command."""

    def __init__(self, threads, folder):
        self.threads = threads
        self.env = dict(os.environ, DROPNET_DATA=str(folder))

    def run(self, spec):
        # Steps of convolutions are long, and some of the first find out how many threads are fastest.
        seconds = "2" if spec["net"] in MAPS else "0.2"
        command = [
            str(ROOT / "target/release/dropnet"), "bench", str(HERE / f"nets/{spec['net']}.net"), "--json", "--seconds", seconds,
            "--threads", str(self.threads),
        ]
        if spec["mode"] != "train":
            command += ["--rows", str(spec["batch"])]
        if spec["mode"] == "train":
            command += ["--set", f"minibatch={spec['batch']}"]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=self.env).stdout)
        compiling = sum(result["compile_ms"].values()) / 1e3
        if spec["mode"] == "train":
            return {"us": result["step_us"], "loss": result["loss"], "compile_s": compiling, "of_bound": result["bound_us"] / result["step_us"]}
        calls = result["predict" if spec["mode"] == "eval" else "samples"]
        return {"us": next(call["us"] for call in calls if call["rows"] == spec["batch"]), "compile_s": compiling}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--output")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_data(pathlib.Path(folder))
        compare(options, pathlib.Path(folder))


def compare(options, folder):
    programs = {"dropnet": Dropnet(options.threads, folder)}
    for name in filter(None, options.peers.split(",")):
        if pathlib.Path(PEERS[name][0]).exists():
            programs[name] = Peer(PEERS[name], options.threads)
        else:
            print(f"without {name}: cargo build --release --manifest-path benches/peers/rust/Cargo.toml", file=sys.stderr)
    results = {}
    for workload in options.workloads.split(","):
        spec = dict(WORKLOADS[workload], samples=SAMPLES)
        spec["sizes"], spec["rates"] = NETS[spec["net"]]
        spec["data"] = str(folder / spec["net"].split("_")[0])
        able = {name: program for name, program in programs.items() if is_able(name, spec)}
        for round in range(options.rounds + 1):
            for name, program in able.items():
                answer = program.run(spec)
                # The first round compiles and warms.
                if answer and round > 0:
                    results.setdefault(workload, {}).setdefault(name, []).append(answer)
        print(line(workload, results[workload]), flush=True)
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(results, indent=1))


def is_able(name, spec):
    if spec["net"] in MAPS and name != "dropnet" and name not in (MAP_SAMPLERS if spec["mode"] == "mc" else MAP_PEERS):
        return False
    return spec["mode"] == "mc" or name not in SAMPLERS


def line(workload, answers):
    medians = {name: statistics.median(a["us"] for a in list_) for name, list_ in answers.items()}
    own = medians["dropnet"]
    peers = {name: us for name, us in medians.items() if name != "dropnet"}
    text = f"{workload:<18} dropnet {own:>9.1f}"
    for name, us in peers.items():
        text += f"  {name} {us:>9.1f}"
    if peers:
        fastest = min(peers, key=peers.get)
        text += f"  ratio {own / peers[fastest]:.2f} to {fastest}"
    bounds = [a["of_bound"] for a in answers["dropnet"] if "of_bound" in a]
    return text + (f"  of roofline {statistics.median(bounds):.2f}" if bounds else "")


if __name__ == "__main__":
    main()
