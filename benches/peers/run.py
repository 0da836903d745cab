"""Times training steps of dropnet and of its peers, interleaved: every round visits every program once, so drifts of the machine meet all.

    python benches/peers/run.py [--rounds N] [--workloads small,table,...] [--peers jax-rbg,torch-eager,...] [--output results.json]

Needs a release build (`cargo build --release`) and the packages of `requirements.txt`. Prints medians in microseconds a step, each
peer's ratio, and dropnet's ratio to the fastest peer of the run.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Net, minibatch, steps of an epoch. The nets are in nets/; sizes and rates here are those of the files.
NETS = {
    "table": {"sizes": [8, 50, 50, 1], "p_input": 0.2, "p_hidden": 0.5},
    "small": {"sizes": [64, 128, 10], "p_input": 0.2, "p_hidden": 0.5},
    "tower": {"sizes": [64] + 10 * [128] + [10], "p_input": 0.1, "p_hidden": 0.1},
    "medium": {"sizes": [784, 512, 512, 10], "p_input": 0.2, "p_hidden": 0.5},
    "large": {"sizes": [784, 1024, 1024, 1024, 10], "p_input": 0.2, "p_hidden": 0.5},
}
WORKLOADS = {
    "table": ("table", 32, 100),
    "small": ("small", 128, 100),
    "tower": ("tower", 500, 10),
    "medium": ("medium", 128, 20),
    "large": ("large", 128, 10),
    "small-32": ("small", 32, 100),
    "small-1024": ("small", 1024, 10),
    "medium-32": ("medium", 32, 20),
    "medium-1024": ("medium", 1024, 5),
    "large-32": ("large", 32, 10),
    "large-1024": ("large", 1024, 3),
}
PEERS = {
    "jax-rbg": ["jax_peer.py", "rbg"],
    "jax-threefry": ["jax_peer.py", "threefry2x32"],
    "torch-eager": ["torch_peer.py", "eager"],
    "torch-compile": ["torch_peer.py", "compile"],
}


class Peer:
    """A process that runs one epoch a line."""

    def __init__(self, command, threads):
        env = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=HERE, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )

    def run(self, spec):
        self.process.stdin.write(json.dumps(spec) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else None


class Dropnet:
    """The release binary: its own bench command."""

    def __init__(self, threads):
        self.threads = threads

    def run(self, spec):
        command = [
            str(ROOT / "target/release/dropnet"), "bench", str(HERE / f"nets/{spec['net']}.net"), "--json", "--seconds", "0.2",
            "--threads", str(self.threads), "--set", f"minibatch={spec['batch']}",
        ]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        bound = result["bound_us"] / result["step_us"]
        return {"us": result["step_us"], "compile_s": sum(result["compile_ms"].values()) / 1e3, "of_bound": bound}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--output")
    options = parser.parse_args()
    programs = {"dropnet": Dropnet(options.threads)}
    programs |= {name: Peer(PEERS[name], options.threads) for name in options.peers.split(",") if name}
    results = {}
    for workload in options.workloads.split(","):
        net, batch, steps = WORKLOADS[workload]
        spec = {"net": net, "batch": batch, "steps": steps, **NETS[net]}
        for round in range(options.rounds + 1):
            for name, program in programs.items():
                answer = program.run(spec)
                # The first round compiles and warms.
                if answer and round > 0:
                    results.setdefault(workload, {}).setdefault(name, []).append(answer)
        print(line(workload, results[workload]), flush=True)
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(results, indent=1))


def line(workload, answers):
    medians = {name: statistics.median(a["us"] for a in list_) for name, list_ in answers.items()}
    own = medians["dropnet"]
    peers = {name: us for name, us in medians.items() if name != "dropnet"}
    text = f"{workload:<12} dropnet {own:>9.1f}"
    for name, us in peers.items():
        text += f"  {name} {us:>9.1f}"
    if peers:
        fastest = min(peers, key=peers.get)
        text += f"  ratio {own / peers[fastest]:.2f} to {fastest}"
    bound = statistics.median(a["of_bound"] for a in answers["dropnet"])
    return text + f"  of roofline {bound:.2f}"


if __name__ == "__main__":
    main()
