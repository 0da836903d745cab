"""Makes the golden trajectory of a convolutional net: five steps in PyTorch, with given masks and without dropout.

Run: python tests/golden/conv_steps.py > tests/golden/conv_steps.json   (torch 2.x, CPU, float64)
"""
import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(13)
STEPS, ROWS, HEIGHT, WIDTH, CHANNELS, CLASSES = 5, 9, 7, 5, 2, 3
FIRST, SECOND = 4, 6
P_MAPS, P_HEAD = 0.25, 0.5

init = {
    "conv_1.weight": torch.randn(3, 3, CHANNELS, FIRST) * 0.4,
    "conv_1.bias": torch.randn(FIRST) * 0.1,
    "conv_2.weight": torch.randn(3, 2, FIRST, SECOND) * 0.4,
    "conv_2.bias": torch.randn(SECOND) * 0.1,
    "batch_norm_1.gain": 1 + torch.randn(SECOND) * 0.2,
    "batch_norm_1.bias": torch.randn(SECOND) * 0.2,
    "dense_1.weight": torch.randn(2 * SECOND, CLASSES) * 0.5,
    "dense_1.bias": torch.randn(CLASSES) * 0.1,
}
# Everything the other side reads is a float32 number.
init = {k: v.float().double() for k, v in init.items()}
x = torch.randn(STEPS, ROWS, HEIGHT, WIDTH, CHANNELS).float().double()
y = torch.randint(0, CLASSES, (STEPS, ROWS))
# A coin a map, and a coin a unit.
mask_maps = (torch.rand(STEPS, ROWS, 1, 1, FIRST) >= P_MAPS).double().expand(-1, -1, HEIGHT, WIDTH, -1)
mask_head = (torch.rand(STEPS, ROWS, 2 * SECOND) >= P_HEAD).double()


def conv(x, p, name, border, stride):
    """Over rows, height, width and channels; zeros in front of and behind width, then height, as `same` has them."""
    x = F.pad(x.permute(0, 3, 1, 2), border)
    y = F.conv2d(x, p[f"{name}.weight"].permute(3, 2, 0, 1), p[f"{name}.bias"], stride=stride)
    return y.permute(0, 2, 3, 1)


def trajectory(dropped):
    p = {k: v.clone().requires_grad_(True) for k, v in init.items()}
    states = {"batch_norm_1.running_mean": torch.zeros(SECOND), "batch_norm_1.running_var": torch.ones(SECOND)}
    optimizer = torch.optim.SGD(p.values(), lr=0.05, momentum=0.9, nesterov=True)
    losses, params = [], []
    for t in range(STEPS):
        h = torch.relu(conv(x[t], p, "conv_1", (1, 1, 1, 1), 1))
        h = h * mask_maps[t] / (1 - P_MAPS) if dropped else h
        h = conv(h, p, "conv_2", (0, 1, 1, 1), 2).permute(0, 3, 1, 2)
        h = F.batch_norm(h, *states.values(), p["batch_norm_1.gain"], p["batch_norm_1.bias"], training=True)
        h = F.max_pool2d(torch.relu(h), 2).permute(0, 2, 3, 1).flatten(1)
        h = h * mask_head[t] / (1 - P_HEAD) if dropped else h
        loss = F.cross_entropy(h @ p["dense_1.weight"] + p["dense_1.bias"], y[t])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        params.append({k: v.detach().flatten().tolist() for k, v in p.items()})
    return {"losses": losses, "params": params, "states": {k: v.tolist() for k, v in states.items()}}


def flat(t):
    return [s.flatten().tolist() for s in t]


def short(o):
    """Nine digits: more than a float32 holds."""
    if isinstance(o, float):
        return float(f"{o:.9g}")
    if isinstance(o, list):
        return [short(v) for v in o]
    return {k: short(v) for k, v in o.items()} if isinstance(o, dict) else o


print(json.dumps(short({
    "torch": torch.__version__,
    "rows": ROWS, "shape": [HEIGHT, WIDTH, CHANNELS], "maps": [HEIGHT, WIDTH, FIRST], "head": 2 * SECOND,
    "init": {k: v.flatten().tolist() for k, v in init.items()},
    "x": flat(x), "y": flat(y), "mask_maps": flat(mask_maps), "mask_head": flat(mask_head),
    "dropped": trajectory(True), "plain": trajectory(False),
})))
