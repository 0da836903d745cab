"""PyTorch as its users write it for speed on CPUs: fused AdamW, data in one tensor, eager or `torch.compile`d; one run a line on stdin.

Monte-Carlo dropout is batched by hand: every row as often as it has samples; `loop` has one pass a sample instead, `prefix` repeats
what the first dropout sees, so that the layers before it run once a row, `baal` and `torch-uncertainty` draw with those libraries, batched."""
import json
import sys
import time

import numpy as np
import torch
from torch import nn

from torch_maps import NETS as MAPS

DROPOUTS = (nn.Dropout, nn.Dropout2d)


def network(spec):
    if spec["net"] in MAPS:
        return MAPS[spec["net"]]().to(memory_format=torch.channels_last)
    sizes = spec["sizes"]
    layers = []
    for i, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:])):
        if spec["rates"][i] > 0:
            layers.append(nn.Dropout(spec["rates"][i]))
        layers.append(nn.Linear(n_in, n_out))
        if i + 2 < len(sizes):
            layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def training(spec, mode):
    torch.manual_seed(0)
    batch, steps, classes = spec["batch"], spec["steps"], spec["sizes"][-1]
    x = torch.from_numpy(np.load(spec["data"] + "_x.npy")[: steps * batch])
    if x.ndim == 4:
        # Rows of height, width and channels are what channels-last memory is.
        x = x.permute(0, 3, 1, 2)
    y = torch.from_numpy(np.load(spec["data"] + "_y.npy")[: steps * batch])
    net = network(spec).train()
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=True)
    criterion = nn.MSELoss() if classes == 1 else nn.CrossEntropyLoss(label_smoothing=0.1)

    def forward(xb, yb):
        return criterion(net(xb), yb)

    if mode == "compile":
        forward = torch.compile(forward)

    def epoch():
        total = 0.0
        for index in torch.randperm(steps * batch).split(batch):
            optimizer.zero_grad(set_to_none=True)
            loss = forward(x[index], y[index])
            loss.backward()
            optimizer.step()
            total = loss.detach() + total
        return float(total) / steps

    begun = time.perf_counter()
    epoch()
    compiling = time.perf_counter() - begun

    def run():
        begun = time.perf_counter()
        loss = epoch()
        return (time.perf_counter() - begun) / steps * 1e6, loss

    return run, compiling


def drawing(net, samples, mode):
    """Rows to outputs `[samples * rows, classes]`."""
    if mode == "baal":
        from baal.bayesian.dropout import MCDropoutModule
        from baal.modelwrapper import ModelWrapper, TrainingArgs

        wrapped = ModelWrapper(MCDropoutModule(net), TrainingArgs(use_cuda=False, replicate_in_memory=True))
        wrapped.eval()
        return lambda x: wrapped.predict_on_batch(x, iterations=samples).permute(2, 0, 1).flatten(0, 1)
    if mode == "torch-uncertainty":
        from torch_uncertainty.methods import mc_dropout

        return mc_dropout(net, num_estimators=samples, on_batch=True).eval()
    if mode == "loop":
        return lambda x: torch.cat([net(x) for _ in range(samples)])
    prefix = 0
    if mode == "prefix":
        prefix = next(i for i, layer in enumerate(net) if isinstance(layer, DROPOUTS))
    before, behind = net[:prefix], net[prefix:]

    def draw(x):
        x = before(x)
        rows = x.repeat(samples, *(1 for _ in x.shape[1:]))
        return behind(rows.contiguous(memory_format=torch.channels_last) if rows.ndim == 4 else rows)

    return draw


def predicting(spec, mode):
    torch.manual_seed(0)
    samples = spec["samples"] if spec["mode"] == "mc" else 1
    net = network(spec).eval()
    for layer in net.modules():
        # Batch norm keeps its figures while dropout draws.
        layer.training = spec["mode"] == "mc" and isinstance(layer, DROPOUTS)
    x = torch.randn(spec["batch"], *spec["sizes"][0]) if spec["net"] in MAPS else torch.randn(spec["batch"], spec["sizes"][0])
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2)
    classes = spec["sizes"][-1]

    sampled = drawing(net, samples, mode) if samples > 1 else net

    def forward(x):
        y = sampled(x)
        if classes > 1:
            y = torch.softmax(y, dim=1)
        if samples == 1:
            return y
        y = y.view(samples, -1, classes)
        return y.mean(0), y.var(0)

    if mode == "compile":
        forward = torch.compile(forward)

    @torch.inference_mode()
    def run():
        begun = time.perf_counter()
        for _ in range(spec["steps"]):
            forward(x)
        return (time.perf_counter() - begun) / spec["steps"] * 1e6, 0.0

    begun = time.perf_counter()
    run()
    return run, time.perf_counter() - begun


def main():
    mode = sys.argv[1]
    runs = {}
    for line in sys.stdin:
        spec = json.loads(line)
        name = json.dumps(spec)
        if name not in runs:
            runs[name] = (training if spec["mode"] == "train" else predicting)(spec, mode)
        run, compiling = runs[name]
        us, loss = run()
        print(json.dumps({"us": us, "loss": loss, "compile_s": compiling}), flush=True)


if __name__ == "__main__":
    main()
