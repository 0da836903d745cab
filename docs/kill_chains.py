"""Kills trainings at random moments, takes them up again, and compares what they end in with a run that nothing disturbed.

    python docs/kill_chains.py target/release/dropnet 100
    python docs/kill_chains.py target/release/dropnet 20 1,2,3

The last argument is of a build with MPI: every start draws one of these numbers of processes, and every kill one of the processes; the net is so
wide then that its updates are shared out between them.

Each chain trains a small net with early stopping, killed (SIGKILL) up to five times, then left to its end. `last.ckpt`, `best.ckpt` and
`metrics.json` must have the same bytes, `log.jsonl` the same lines but for their times.
"""

import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

NET = """
data {
  source moons, rows=3000, noise=0.2
  split valid=600, test=600
  batch 30, blocks=6
}

net {
  input x: real[2]
  dense WIDTH -> relu -> dropout 0.2
  dense WIDTH -> relu -> dropout 0.2
  dense 2
  output y: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.003
  epochs EPOCHS
  stop_early patience=PATIENCE
}
"""


def log_of(run):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    for line in lines:
        del line["seconds"]
    return lines


def started(train, ranks):
    """The command on so many processes, more than there may be cores."""
    mpirun = ["mpirun", "--oversubscribe", "--allow-run-as-root", "-n", str(ranks)] if ranks > 1 else []
    return mpirun + train


def processes(parent):
    """The process itself, or those that `mpirun` has started."""
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


def kill(process, ranks, draws):
    """Answers whether a process was there to be killed: `mpirun` may not have started any yet."""
    while process.poll() is None:
        with contextlib.suppress(ProcessLookupError, IndexError, FileNotFoundError):
            os.kill(process.pid if ranks == 1 else draws.choice(processes(process.pid)), signal.SIGKILL)
            return True
        time.sleep(0.01)
    return False


def chain(program, folder, name, draws, seconds, counts):
    """Trains `name` to its end through kills; answers how many landed."""
    train = [program, "train", "k.net", "-q", "-o", name, "--threads", "1"]
    killed = 0
    for _ in range(draws.randint(1, 5)):
        resume = ["--resume"] if (folder / name).exists() and draws.random() < 0.9 else []
        ranks = draws.choice(counts)
        process = subprocess.Popen(
            started(train + resume, ranks), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(draws.random() * seconds)
        killed += kill(process, ranks, draws)
        process.wait(timeout=20)
    # A run that was killed before it had begun has nothing to be taken up.
    resume = ["--resume"] if (folder / name / "model.lock.json").exists() else []
    ended = subprocess.run(started(train + resume, draws.choice(counts)), cwd=folder, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"{name}: {ended.stdout}{ended.stderr}")
    return killed


def main(program, chains, counts):
    program = str(pathlib.Path(program).resolve())
    draws = random.Random(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        width, epochs, patience = (64, 400, 300) if max(counts) == 1 else (360, 60, 50)
        net = NET.replace("WIDTH", str(width)).replace("EPOCHS", str(epochs))
        (folder / "k.net").write_text(net.replace("PATIENCE", str(patience)))
        begun = time.monotonic()
        subprocess.run([program, "train", "k.net", "-q", "-o", "straight", "--threads", "1"], cwd=folder, check=True)
        seconds = time.monotonic() - begun
        straight, landed, differ = folder / "straight", 0, []
        for i in range(chains):
            run = folder / f"chain-{i}"
            landed += chain(program, folder, run.name, draws, seconds, counts)
            files = ["last.ckpt", "best.ckpt", "metrics.json", "model.net", "model.lock.json"]
            differ += [f"{run.name}/{file}" for file in files if (run / file).read_bytes() != (straight / file).read_bytes()]
            differ += [f"{run.name}/log.jsonl"] if log_of(run) != log_of(straight) else []
            differ += [f"{run.name}/{left.name}" for left in run.glob(".*.part")]
    print(f"{chains} chains, {landed} kills that landed, straight run {seconds:.1f} s; files that differ: {differ or 'none'}")
    return bool(differ)


if __name__ == "__main__":
    counts = [int(count) for count in sys.argv[3].split(",")] if len(sys.argv) > 3 else [1]
    sys.exit(main(sys.argv[1], int(sys.argv[2]), counts))
