"""PyTorch as its users write it for speed on CPUs: fused AdamW, data in one tensor, eager or `torch.compile`d; one run a line on stdin."""
import json
import sys
import time

import torch
from torch import nn


def workload(spec, mode):
    torch.manual_seed(0)
    sizes, batch, steps = spec["sizes"], spec["batch"], spec["steps"]
    classes = sizes[-1]
    x = torch.randn(steps * batch, sizes[0])
    y = torch.randn(steps * batch, 1) if classes == 1 else torch.randint(0, classes, (steps * batch,))
    layers = [nn.Dropout(spec["p_input"])]
    for i, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:])):
        layers.append(nn.Linear(n_in, n_out))
        if i + 2 < len(sizes):
            layers += [nn.ReLU(inplace=True), nn.Dropout(spec["p_hidden"])]
    net = nn.Sequential(*layers).train()
    decayed = [p for p in net.parameters() if p.ndim == 2]
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


def main():
    mode = sys.argv[1]
    runs = {}
    for line in sys.stdin:
        spec = json.loads(line)
        name = json.dumps(spec)
        if name not in runs:
            runs[name] = workload(spec, mode)
        run, compiling = runs[name]
        us, loss = run()
        print(json.dumps({"us": us, "loss": loss, "compile_s": compiling}), flush=True)


if __name__ == "__main__":
    main()
