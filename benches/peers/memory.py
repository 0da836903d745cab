"""Peak resident memory of training above that before the first step, of dropnet and of PyTorch (eager, channels-last), in MiB.

    python benches/peers/memory.py [NET ...] [--dropnet PATH] [--steps 8] [--threads 1]

The nets are those of `torch_maps.py` and `torch_sequences.py`, with the files in nets/. PyTorch is read when its net, optimizer and data stand and one minibatch is gathered; dropnet when
it says that it has compiled. Linux alone: it is the kernel that counts, in `/proc`.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
# The shape of a picture or of a row of steps, rows of a minibatch, classes.
NETS = {
    "maps": ([32, 32, 3], 64, 10),
    "lenet": ([28, 28, 1], 128, 10),
    "resnet": ([32, 32, 3], 128, 10),
    "separable": ([32, 32, 3], 64, 10),
    "gru": ([100, 32], 64, 2),
    "lstm": ([35, 200], 20, 2),
    "encoder": ([128, 128], 64, 4),
    "gpt": ([64, 128], 12, 4),
}


def status(pid, key):
    """A line of the process's status, in KiB."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))


def dropnet(program, folder, net, threads):
    file = folder / f"{net}.net"
    file.write_text((HERE / f"nets/{net}.net").read_text())
    command = [program, "train", file, "-v", "--no-progress", "--threads", str(threads), "-o", folder / f"run_{net}"]
    before = peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        for line in run.stdout:
            if line.startswith("compiled in"):
                before = status(run.pid, "VmRSS")
            elif line.startswith("epoch"):
                peak = status(run.pid, "VmHWM")
    return before, peak


def torch(net, folder, batch, threads):
    import torch
    from torch_maps import NETS as MAPS
    from torch_sequences import NETS as SEQUENCES

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x = torch.from_numpy(np.load(folder / f"{net}_x.npy"))
    y = torch.from_numpy(np.load(folder / f"{net}_y.npy"))
    if net in MAPS:
        x = x.permute(0, 3, 1, 2)
        model = MAPS[net]().to(memory_format=torch.channels_last).train()
    else:
        model = SEQUENCES[net][4]().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    criterion = torch.nn.CrossEntropyLoss()
    minibatches = torch.randperm(len(x)).split(batch)
    x[minibatches[0]]
    before = status("self", "VmRSS")
    for index in minibatches:
        optimizer.zero_grad(set_to_none=True)
        criterion(model(x[index]), y[index]).backward()
        optimizer.step()
    print(before, status("self", "VmHWM"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nets", nargs="*", default=list(NETS))
    parser.add_argument("--dropnet", default=str(HERE.parent.parent / "target/release/dropnet"))
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--torch-in", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.torch_in:
        return torch(options.nets[0], pathlib.Path(options.torch_in), NETS[options.nets[0]][1], options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder, draw = pathlib.Path(name), np.random.default_rng(0)
        for net in options.nets:
            shape, batch, classes = NETS[net]
            rows = options.steps * batch
            np.save(folder / f"{net}_x.npy", draw.standard_normal([rows, *shape], dtype=np.float32))
            np.save(folder / f"{net}_y.npy", draw.integers(0, classes, rows))
            command = [sys.executable, __file__, net, "--torch-in", name, "--threads", str(options.threads)]
            theirs = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
            for who, (before, peak) in [("dropnet", dropnet(options.dropnet, folder, net, options.threads)), ("PyTorch", map(int, theirs))]:
                print(f"{net:10} {who:8} before {before / 1024:6.1f}  peak {peak / 1024:6.1f}  above {(peak - before) / 1024:6.1f}", flush=True)


main()
