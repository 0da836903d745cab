"""Steps of recurrent nets and encoders: dropnet against PyTorch (eager, compiled) and JAX, in one run, by medians.

    python benches/peers/torch_sequences.py [NET ...] [--dropnet PATH] [--peers eager,compiled,jax] [--threads 1] [--rounds 3] [--seconds 2]

The nets are those below, in nets/; data are drawn. dropnet's time is that of `dropnet bench`, of the others that of the processor.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent


class Recurrent(nn.Module):
    """The last step of a recurrent net through a dense layer; `dropout` between its layers and in front of the dense one, fresh each step."""

    def __init__(self, kind, channels, width, layers, dropout=0.0):
        super().__init__()
        self.net = kind(channels, width, layers, batch_first=True, dropout=dropout)
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        return self.head(self.net(x)[0][:, -1])


class Encoder(nn.Module):
    """Four pre-norm layers of four heads, 128 wide."""

    def __init__(self, places, dropout, causal):
        super().__init__()
        layer = lambda: nn.TransformerEncoderLayer(128, 4, 512, dropout, "gelu", norm_first=True, batch_first=True)
        self.layers = nn.ModuleList([layer() for _ in range(4)])
        self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 4)
        self.mask = nn.Transformer.generate_square_subsequent_mask(places) if causal else None

    def forward(self, x):
        for layer in self.layers:
            x = layer(x, src_mask=self.mask, is_causal=self.mask is not None)
        return self.head(self.norm(x).mean(1))


class Words(nn.Module):
    """What comes behind each of the words, by two LSTMs; `dropout` in front of each and of the logits, fresh each step."""

    def __init__(self, width, dropout):
        super().__init__()
        self.table, self.drop = nn.Embedding(VOCAB, width), nn.Dropout(dropout)
        self.net = nn.LSTM(width, width, 2, batch_first=True, dropout=dropout)
        self.head = nn.Linear(width, VOCAB)

    def forward(self, x):
        return self.head(self.drop(self.net(self.drop(self.table(x)))[0])).flatten(0, 1)


VOCAB = 10_000

# Rows of a minibatch, steps, channels, classes, the net, settings of dropnet's file, and the name of that file.
NETS = {
    "gru": (64, 100, 32, 2, lambda: Recurrent(nn.GRU, 32, 256, 1), {}, "gru"),
    "lstm": (20, 35, 200, 2, lambda: Recurrent(nn.LSTM, 200, 200, 2), {}, "lstm"),
    "lstm-dropout": (20, 35, 200, 2, lambda: Recurrent(nn.LSTM, 200, 200, 2, 0.5), {"p": 0.5}, "lstm"),
    "lstm-650": (20, 35, 650, 2, lambda: Recurrent(nn.LSTM, 650, 650, 2), {"h": 650}, "lstm"),
    "lstm-650-dropout": (20, 35, 650, 2, lambda: Recurrent(nn.LSTM, 650, 650, 2, 0.5), {"h": 650, "p": 0.5}, "lstm"),
    "words": (20, 35, 0, VOCAB, lambda: Words(200, 0.0), {}, "words"),
    "words-dropout": (20, 35, 0, VOCAB, lambda: Words(200, 0.5), {"p": 0.5}, "words"),
    "words-650": (20, 35, 0, VOCAB, lambda: Words(650, 0.0), {"h": 650}, "words"),
    "words-650-dropout": (20, 35, 0, VOCAB, lambda: Words(650, 0.5), {"h": 650, "p": 0.5}, "words"),
    "encoder": (64, 128, 128, 4, lambda: Encoder(128, 0.0, False), {}, "encoder"),
    "encoder-dropout": (64, 128, 128, 4, lambda: Encoder(128, 0.1, False), {"p": 0.1}, "encoder"),
    "gpt": (12, 64, 128, 4, lambda: Encoder(64, 0.0, True), {}, "gpt"),
    "gpt-dropout": (12, 64, 128, 4, lambda: Encoder(64, 0.1, True), {"p": 0.1}, "gpt"),
}


def jax_step(name, seconds):
    """The same of JAX, which is read here: it takes as many threads as this process may use then."""
    import jax

    import jax_sequences

    jax.config.update("jax_default_prng_impl", "rbg")
    rows, steps, channels, classes, *_ = NETS[name]
    return jax_sequences.milliseconds(name, rows, steps, channels, classes, seconds)


def torch_step(name, seconds, compiled):
    """Milliseconds of the processor a step, the median."""
    rows, steps, channels, classes, net, *_ = NETS[name]
    model = net().train()
    of_words = isinstance(model, Words)
    if of_words:
        optimizer = torch.optim.SGD(model.parameters(), 1.0)
        x, y = torch.randint(0, classes, (rows, steps)), torch.randint(0, classes, (rows * steps,))
    else:
        optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.01, fused=True)
        x, y = torch.randn(rows, steps, channels), torch.randint(0, classes, (rows,))

    forward = torch.compile(model) if compiled else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(forward(x), y).backward()
        if of_words:
            nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()

    for _ in range(3):
        step()
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end or len(times) < 3:
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    return 1e3 * statistics.median(times)


def ours(program, folder, name, threads, seconds):
    """Milliseconds a step, the median."""
    rows, steps, channels, classes, _, settings, file = NETS[name]
    drawn = np.random.default_rng(0)
    if file == "words":
        # Each word once, so that all have a number, then as they fall.
        words = np.concatenate([np.arange(VOCAB - 2), drawn.integers(0, VOCAB - 2, 60_000)])
        (folder / "words.txt").write_text(" ".join(f"w{word}" for word in words))
    else:
        np.save(folder / f"{file}_x.npy", drawn.standard_normal((3 * rows, steps, channels), dtype=np.float32))
        np.save(folder / f"{file}_y.npy", drawn.integers(0, classes, 3 * rows).astype(np.int32))
    net = folder / f"{file}.net"
    net.write_text((HERE / f"nets/{file}.net").read_text())
    command = [program, "bench", net, "--json", "--threads", str(threads), "--seconds", str(seconds)]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)["step_us"] / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", default=list(NETS))
    parser.add_argument("--dropnet", default=str(HERE.parent.parent / "target/release/dropnet"))
    parser.add_argument("--peers", default="eager,compiled,jax")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    args = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])
    torch.set_num_threads(args.threads)
    peers = {"eager": lambda name: torch_step(name, args.seconds, False), "compiled": lambda name: torch_step(name, args.seconds, True), "jax": lambda name: jax_step(name, args.seconds)}
    peers = {name: peers[name] for name in args.peers.split(",")}
    print("| net | dropnet, ms |" + "".join(f" {name} |" for name in peers) + " ratio to the fastest |")
    print("|---|---|" + "---|" * len(peers) + "---|")
    for name in args.nets:
        times = []
        for _ in range(args.rounds):
            with tempfile.TemporaryDirectory() as folder:
                own = ours(args.dropnet, pathlib.Path(folder), name, args.threads, args.seconds)
            # The processor's time counts both threads.
            times.append((own, *(peer(name) / args.threads for peer in peers.values())))
        own, *others = (statistics.median(column) for column in zip(*times))
        cells = "".join(f" {other:.1f} |" for other in others)
        print(f"| `{name}` | {own:.1f} |{cells} **{own / min(others):.2f}** |", flush=True)


if __name__ == "__main__":
    main()
