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


def depthwise(x, p, size, stride, pad, dilation, **_):
    axes, channels = len(size), x.shape[1]
    x = padded(x, borders(pad, x.shape[2:], size, stride, dilation), 0.0)
    weight = p["depthwise_conv_1.weight"].permute(axes + 1, axes, *range(axes))
    f = F.conv2d if axes == 2 else F.conv1d
    return f(x, weight, p.get("depthwise_conv_1.bias"), stride=stride, dilation=dilation, groups=channels)


def transposed(x, p, size, stride, pad, dilation, **_):
    """`same` cuts what reaches beyond the map times the stride, as TensorFlow does, and fills up what does not reach so far."""
    axes = len(size)
    weight = p["conv_transpose_1.weight"].permute(axes, axes + 1, *range(axes))
    f = F.conv_transpose2d if axes == 2 else F.conv_transpose1d
    y, border = f(x, weight, None, stride=stride, dilation=dilation), []
    for n, k, s, d in zip(x.shape[2:], size, stride, dilation):
        before = max((k - 1) * d + 1 - s, 0) // 2
        reach = (n - 1) * s + (k - 1) * d + 1
        border.append((-before, n * s - reach + before) if pad == "same" else (-pad, -pad) if pad != "valid" else (0, 0))
    y = padded(y, border, 0.0)
    bias = p.get("conv_transpose_1.bias")
    return y if bias is None else y + bias.reshape(-1, *[1] * axes)


def zero_pad(border):
    return lambda x, p, **_: padded(x, border, 0.0)


def upsample(factors, mode):
    return lambda x, p, **_: F.interpolate(x, scale_factor=tuple(map(float, factors)), mode=mode,
                                           align_corners=None if mode == "nearest" else False)


def over(f, *axes):
    """Axes of [rows, channels, height, width]; what is left, in the order of [rows, height, width, channels]."""
    def take(x, p, **_):
        y = x
        for axis in sorted(axes, reverse=True):
            y = y.mean(axis) if f == "mean" else y.max(axis).values
        return y
    return take


def norm(layer, groups=None):
    """Over all of a row (`groups` None), over channels (0), or in groups; with gain, and bias but for `rms_norm`."""
    def take(x, p, **_):
        maps = x.movedim(1, -1)
        gain, bias = p[f"{layer}_1.gain"], p.get(f"{layer}_1.bias")
        if layer == "group_norm":
            return F.group_norm(x, groups, gain, bias)
        shape = maps.shape[1:] if groups is None else maps.shape[-1:]
        gain = gain.reshape(shape)
        if layer == "layer_norm":
            return F.layer_norm(maps, shape, gain, bias.reshape(shape)).movedim(-1, 1)
        return F.rms_norm(maps, shape, gain, 1e-5).movedim(-1, 1)
    return take


def on_relu(f):
    """Many equal maxima."""
    return lambda x, p, **sizes: f(torch.relu(x), p, **sizes)


def case(layer, f, shape, size=(1, 1), stride=None, pad="valid", dilation=None, width=None, groups=1, bias=True):
    axes, channels = len(shape) - 1, shape[-1]
    convolves = f in (conv, depthwise, transposed)
    size = list(size) if convolves else list(size)[:axes]
    sizes = dict(size=size, stride=stride or ([1] * axes if convolves else size), pad=pad,
                 dilation=dilation or [1] * axes, groups=groups)
    p = {"conv_1.weight": torch.randn(*[1] * axes, channels, channels) * 0.7, "conv_1.bias": torch.randn(channels) * 0.3}
    path = layer.split()[0] + "_1"
    if f is conv:
        path = "conv_2"
    if width:
        p[f"{path}.weight"] = torch.randn(*size, 1 if f is depthwise else channels // groups, width) * 0.4
        if bias:
            p[f"{path}.bias"] = torch.randn(width) * 0.3
    if path.endswith("norm_1"):
        size = math.prod(shape) if "all" in layer else channels
        p[f"{path}.gain"] = torch.randn(size) * 0.5 + 1
        if path != "rms_norm_1":
            p[f"{path}.bias"] = torch.randn(size) * 0.3
    # Everything the other side reads is a float32 number.
    p = {k: v.float().double().requires_grad_(True) for k, v in p.items()}
    x = torch.randn(ROWS, *shape).float().double()
    first = torch.einsum("b...c,cf->b...f", x, p["conv_1.weight"].reshape(channels, channels)) + p["conv_1.bias"]
    maps = f(first.movedim(-1, 1), p, **sizes)
    # Where the channels are left they are the first axis here and the last there.
    keeps_channels = maps.dim() == 2 or maps.shape[1] == (width or channels)
    y = (maps.movedim(1, -1) if keeps_channels else maps).reshape(ROWS, -1)
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
    case("depthwise_conv 3x3", depthwise, (7, 5, 5), (3, 3), pad="same", width=5),
    case("depthwise_conv 3x2, stride=2, bias=false", depthwise, (7, 6, 19), (3, 2), [2, 2], "same", width=19, bias=False),
    case("depthwise_conv 5x3, stride=1x3, dilation=2x1, pad=2", depthwise, (9, 7, 3), (5, 3), [1, 3], 2, [2, 1], 3),
    case("depthwise_conv 4, stride=2, pad=valid", depthwise, (11, 35), (4,), [2], "valid", width=35),
    case("conv_transpose 4, 2x2, stride=2", transposed, (3, 5, 3), (2, 2), [2, 2], "same", width=4),
    case("conv_transpose 3, 3x4, stride=2x3", transposed, (5, 3, 2), (3, 4), [2, 3], "same", width=3),
    case("conv_transpose 3, 3x3, stride=2, dilation=2, pad=1, bias=false", transposed, (3, 4, 2), (3, 3), [2, 2], 1, [2, 2], 3,
         bias=False),
    case("conv_transpose 3, 2x2, stride=3", transposed, (3, 4, 2), (2, 2), [3, 3], "same", width=3),
    case("conv_transpose 4, 5, stride=2, pad=valid", transposed, (7, 3), (5,), [2], "valid", width=4),
    case("zero_pad 1x2", zero_pad([(1, 1), (2, 2)]), (5, 3, 3)),
    case("zero_pad 1, bottom=0, left=3", zero_pad([(1, 0), (3, 1)]), (5, 3, 2)),
    case("zero_pad right=2", zero_pad([(0, 2)]), (5, 3)),
    case("upsample 2x3", upsample((2, 3), "nearest"), (5, 3, 3)),
    case("upsample 2", upsample((2,), "nearest"), (5, 3)),
    case("upsample 2x2, kind=bilinear", upsample((2, 2), "bilinear"), (5, 3, 3)),
    case("upsample 3x4, kind=bilinear", upsample((3, 4), "bilinear"), (3, 5, 2)),
    case("upsample 3, kind=bilinear", upsample((3,), "linear"), (7, 3)),
    case("mean_pool over=space", over("mean", 2, 3), (5, 7, 3)),
    case("mean_pool over=width", over("mean", 3), (5, 7, 3)),
    case("mean_pool over=[height, channel]", over("mean", 1, 2), (5, 7, 3)),
    case("mean_pool over=time", over("mean", 2), (9, 3)),
    case("relu -> max_pool over=space", on_relu(over("max", 2, 3)), (5, 7, 3)),
    case("relu -> max_pool over=height", on_relu(over("max", 2)), (5, 7, 3)),
    case("max_pool over=[width, channel]", over("max", 1, 3), (5, 7, 3)),
    case("max_pool over=time", over("max", 2), (9, 3)),
    case("group_norm groups=2", norm("group_norm", 2), (5, 3, 6)),
    case("group_norm groups=3", norm("group_norm", 3), (9, 6)),
    case("layer_norm", norm("layer_norm", 0), (5, 3, 6)),
    case("layer_norm over=all", norm("layer_norm"), (5, 3, 6)),
    case("rms_norm", norm("rms_norm", 0), (5, 3, 6)),
    case("rms_norm over=all", norm("rms_norm"), (7, 3)),
]
print(json.dumps(short({"torch": torch.__version__, "rows": ROWS, "cases": CASES})))
