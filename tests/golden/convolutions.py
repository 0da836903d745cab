"""Makes the golden convolutions: results and gradients of every layer that slides windows, on odd sizes, in PyTorch.

Each case is one step of the net `conv C, 1x1 -> LAYER -> flatten` under the squared error: through the first convolution the gradient with
respect to the layer's input is seen too.

Run: python tests/golden/convolutions.py > tests/golden/convolutions.json   (torch 2.x, CPU, float64)
"""
import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
ROWS = 3


def borders(pad, shape, size, stride, dilation):
    """In front and behind, by axis: `same` as TensorFlow has it."""
    if pad == "valid":
        return [(0, 0)] * len(shape)
    if pad != "same":
        return [(pad, pad)] * len(shape)
    found = []
    for n, k, s, d in zip(shape, size, stride, dilation):
        total = max((math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
        found.append((total // 2, total - total // 2))
    return found


def padded(x, border, value):
    return F.pad(x, [n for pair in reversed(border) for n in pair], value=value)


def conv(x, p, size, stride, pad, dilation, groups, **_):
    axes = len(size)
    x = padded(x, borders(pad, x.shape[2:], size, stride, dilation), 0.0)
    weight = p["conv_2.weight"].permute(axes + 1, axes, *range(axes))
    f = F.conv2d if axes == 2 else F.conv1d
    return f(x, weight, p.get("conv_2.bias"), stride=stride, dilation=dilation, groups=groups)


def max_pool(x, p, size, stride, pad, **_):
    border = borders(pad, x.shape[2:], size, stride, [1] * len(size))
    f = F.max_pool2d if len(size) == 2 else F.max_pool1d
    return f(padded(x, border, -math.inf), size, stride)


def avg_pool(x, p, size, stride, pad, **_):
    border = borders(pad, x.shape[2:], size, stride, [1] * len(size))
    f = F.avg_pool2d if len(size) == 2 else F.avg_pool1d
    return f(padded(x, border, 0.0), size, stride) / f(padded(torch.ones_like(x), border, 0.0), size, stride)


def on_relu(f):
    """Many equal maxima."""
    return lambda x, p, **sizes: f(torch.relu(x), p, **sizes)


def case(layer, f, shape, size=(1, 1), stride=None, pad="valid", dilation=None, width=None, groups=1, bias=True):
    axes, channels = len(shape) - 1, shape[-1]
    size = list(size)[:axes] if f is not conv else list(size)
    sizes = dict(size=size, stride=stride or ([1] * axes if f is conv else size), pad=pad,
                 dilation=dilation or [1] * axes, groups=groups)
    p = {"conv_1.weight": torch.randn(*[1] * axes, channels, channels) * 0.7, "conv_1.bias": torch.randn(channels) * 0.3}
    if width:
        p["conv_2.weight"] = torch.randn(*size, channels // groups, width) * 0.4
        if bias:
            p["conv_2.bias"] = torch.randn(width) * 0.3
    # Everything the other side reads is a float32 number.
    p = {k: v.float().double().requires_grad_(True) for k, v in p.items()}
    x = torch.randn(ROWS, *shape).float().double()
    first = torch.einsum("b...c,cf->b...f", x, p["conv_1.weight"].reshape(channels, channels)) + p["conv_1.bias"]
    maps = f(first.movedim(-1, 1), p, **sizes).movedim(1, -1)
    y = maps.reshape(ROWS, -1)
    target = torch.randn(y.shape).float().double()
    loss = ((y - target) ** 2).mean()
    loss.backward()
    flat = lambda t: t.detach().flatten().tolist()
    return {"layer": layer, "shape": list(shape), "params": {k: flat(v) for k, v in p.items()}, "x": flat(x),
            "y": flat(y), "target": flat(target), "grads": {k: flat(v.grad) for k, v in p.items()}}


def short(o):
    if isinstance(o, float):
        return float(f"{o:.9g}")
    if isinstance(o, list):
        return [short(v) for v in o]
    return {k: short(v) for k, v in o.items()} if isinstance(o, dict) else o


CASES = [
    case("conv 5, 3x3", conv, (7, 5, 3), (3, 3), pad="same", width=5),
    case("conv 4, 3x2, pad=valid", conv, (5, 7, 2), (3, 2), width=4),
    case("conv 4, 2x5, stride=2", conv, (7, 6, 3), (2, 5), [2, 2], "same", width=4),
    case("conv 3, 3x3, stride=3x2, pad=1, bias=false", conv, (8, 7, 2), (3, 3), [3, 2], 1, width=3, bias=False),
    case("conv 3, 3x2, dilation=2x3", conv, (7, 7, 2), (3, 2), pad="same", dilation=[2, 3], width=3),
    case("conv 6, 3x3, groups=3", conv, (5, 5, 6), (3, 3), pad="same", width=6, groups=3),
    case("conv 4, 3x3, groups=2, stride=2, dilation=2, pad=2", conv, (7, 5, 4), (3, 3), [2, 2], 2, [2, 2], 4, 2),
    case("conv 8, 1x1, stride=2, pad=valid", conv, (5, 7, 3), (1, 1), [2, 2], width=8),
    case("conv 5, 4", conv, (9, 3), (4,), pad="same", width=5),
    case("conv 4, 3, stride=2, pad=valid, dilation=2", conv, (11, 2), (3,), [2], "valid", [2], 4),
    case("max_pool 2x2", max_pool, (7, 5, 3), (2, 2)),
    case("max_pool 3x3, stride=2, pad=same", max_pool, (7, 6, 3), (3, 3), [2, 2], "same"),
    case("relu -> max_pool 3x3, stride=2, pad=1", on_relu(max_pool), (8, 7, 2), (3, 3), [2, 2], 1),
    case("relu -> max_pool 2x3, stride=1", on_relu(max_pool), (5, 7, 3), (2, 3), [1, 1]),
    case("max_pool 3, pad=same", max_pool, (8, 3), (3,), pad="same"),
    case("avg_pool 2x3", avg_pool, (7, 7, 2), (2, 3)),
    case("avg_pool 3x3, stride=2, pad=same", avg_pool, (7, 6, 2), (3, 3), [2, 2], "same"),
    case("avg_pool 3x2, stride=1, pad=1", avg_pool, (5, 4, 3), (3, 2), [1, 1], 1),
    case("global_avg_pool", avg_pool, (5, 7, 3), (5, 7)),
    case("relu -> global_max_pool", on_relu(max_pool), (5, 7, 3), (5, 7)),
    case("global_max_pool", max_pool, (9, 4), (9,)),
]
print(json.dumps(short({"torch": torch.__version__, "rows": ROWS, "cases": CASES})))
