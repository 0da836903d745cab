"""Makes the golden gradients of layers that slide windows: one step of SGD at rate 1 in PyTorch, for each net.

Run: python tests/golden/windows.py > tests/golden/windows.json   (torch 2.x, CPU, float64)

Inputs, labels and parameters are formulas, which the test repeats; all are exact in 32 bits.
"""
import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS, CLASSES = 37, 3


def numbers(count, seed, scale):
    i = torch.arange(count)
    return ((i * i + (31 + seed) * i + 17 * seed) % 251 - 125).double() / scale


def border(n, size, stride, dilation, pad):
    """Places before and behind; `same` as TensorFlow has it."""
    if pad == "same":
        total = max((-(-n // stride) - 1) * stride + (size - 1) * dilation + 1 - n, 0)
        return total // 2, total - total // 2
    return (0, 0) if pad == "valid" else (pad, pad)


class Net:
    """Layers over [rows, channels, height, width], parameters in the order and layout of dropnet."""

    def __init__(self, params=None):
        self.params, self.given = [], params

    def param(self, *dims):
        k = len(self.params)
        value = numbers(torch.Size(dims).numel(), k + 1, 512).reshape(dims) if self.given is None else self.given[k]
        self.params.append(value)
        return value

    def padded(self, x, size, stride, dilation, pad, value=0.0):
        (top, bottom), (left, right) = (border(x.shape[2 + a], size[a], stride[a], dilation[a], pad) for a in (0, 1))
        return F.pad(x, (left, right, top, bottom), value=value)

    def conv(self, x, width, size, stride=(1, 1), dilation=(1, 1), pad="same", groups=1):
        w, b = self.param(*size, x.shape[1] // groups, width), self.param(width)
        x = self.padded(x, size, stride, dilation, pad)
        return F.conv2d(x, w.permute(3, 2, 0, 1), b, stride, 0, dilation, groups)

    def max_pool(self, x, size, stride=None, pad="valid"):
        stride = stride or size
        return F.max_pool2d(self.padded(x, size, stride, (1, 1), pad, -torch.inf), size, stride)

    def avg_pool(self, x, size, stride=None, pad="valid"):
        stride = stride or size
        share = lambda t: F.avg_pool2d(self.padded(t, size, stride, (1, 1), pad), size, stride)
        return share(x) / share(torch.ones_like(x))

    def dense(self, x, width):
        """Of a map in dropnet's order: height, width, channel."""
        x = x if x.dim() == 2 else x.permute(0, 2, 3, 1).flatten(1)
        w, b = self.param(x.shape[1], width), self.param(width)
        return x @ w + b


CASES = {
    ("real[5, 7, 2]", "conv 3, 3x3 -> tanh -> conv 4, 3x2, stride=2x1, pad=valid -> tanh"): lambda n, x: torch.tanh(
        n.conv(torch.tanh(n.conv(x, 3, (3, 3))), 4, (3, 2), (2, 1), pad="valid")),
    ("real[7, 6, 3]", "conv 4, 3x3, stride=2 -> tanh -> conv 2, 2x4 -> tanh"): lambda n, x: torch.tanh(
        n.conv(torch.tanh(n.conv(x, 4, (3, 3), (2, 2))), 2, (2, 4))),
    ("real[9, 8, 2]", "conv 3, 3x3, dilation=2, pad=2 -> tanh -> conv 3, 2x3, dilation=3x2, pad=valid"): lambda n, x: n.conv(
        torch.tanh(n.conv(x, 3, (3, 3), dilation=(2, 2), pad=2)), 3, (2, 3), dilation=(3, 2), pad="valid"),
    ("real[6, 5, 4]", "conv 6, 3x3, groups=2 -> tanh -> conv 4, 1x1, groups=2"): lambda n, x: n.conv(
        torch.tanh(n.conv(x, 6, (3, 3), groups=2)), 4, (1, 1), groups=2),
    ("real[7, 7, 1]", "conv 3, 5x5, stride=3, dilation=2 -> tanh"): lambda n, x: torch.tanh(
        n.conv(x, 3, (5, 5), (3, 3), (2, 2))),
    ("real[9, 7, 2]", "conv 3, 3x3 -> max_pool 2x2 -> tanh -> conv 2, 2x2 -> max_pool 3x2, stride=1, pad=same"): lambda n, x: n.max_pool(
        n.conv(torch.tanh(n.max_pool(n.conv(x, 3, (3, 3)), (2, 2))), 2, (2, 2)), (3, 2), (1, 1), "same"),
    ("real[8, 7, 2]", "conv 3, 3x3 -> max_pool 3x3, stride=2, pad=1"): lambda n, x: n.max_pool(
        n.conv(x, 3, (3, 3)), (3, 3), (2, 2), 1),
    ("real[9, 7, 2]", "conv 3, 3x3 -> avg_pool 2x3 -> tanh -> conv 2, 2x2 -> avg_pool 3x2, stride=1, pad=same"): lambda n, x: n.avg_pool(
        n.conv(torch.tanh(n.avg_pool(n.conv(x, 3, (3, 3)), (2, 3))), 2, (2, 2)), (3, 2), (1, 1), "same"),
    ("real[8, 7, 2]", "conv 3, 3x3 -> avg_pool 3x3, stride=2, pad=1"): lambda n, x: n.avg_pool(
        n.conv(x, 3, (3, 3)), (3, 3), (2, 2), 1),
    ("real[5, 6, 2]", "conv 5, 3x3 -> tanh -> conv 4, 3x3 -> global_avg_pool"): lambda n, x: n.conv(
        torch.tanh(n.conv(x, 5, (3, 3))), 4, (3, 3)).mean((2, 3)),
    ("real[5, 6, 2]", "conv 5, 3x3 -> tanh -> conv 4, 3x3 -> global_max_pool"): lambda n, x: n.conv(
        torch.tanh(n.conv(x, 5, (3, 3))), 4, (3, 3)).amax((2, 3)),
    ("real[11, 3]", "conv 4, 3 -> tanh -> max_pool 2 -> conv 3, 2, stride=2"): lambda n, x: n.conv(
        n.max_pool(torch.tanh(n.conv(x, 4, (3, 1))), (2, 1)), 3, (2, 1), (2, 1)),
}


def case(shape, make):
    dims = json.loads(shape.removeprefix("real"))
    height, width, channels = (*dims[:-1], 1)[:2] + (dims[-1],)
    x = numbers(ROWS * height * width * channels, 0, 128).reshape(ROWS, height, width, channels).permute(0, 3, 1, 2)
    y = torch.arange(ROWS) * 7 % CLASSES
    start = Net()
    start.dense(make(start, x), CLASSES)
    params = [p.clone().requires_grad_(True) for p in start.params]
    net = Net(params)
    logits = net.dense(make(net, x), CLASSES)
    loss = F.cross_entropy(logits, y)
    loss.backward()
    return {"loss": loss.item(), "gradients": [p.grad.flatten().tolist() for p in params]}


def short(o):
    """Nine digits: more than a float32 holds."""
    if isinstance(o, float):
        return float(f"{o:.9g}")
    return [short(v) for v in o] if isinstance(o, list) else {k: short(v) for k, v in o.items()} if isinstance(o, dict) else o


cases = [{"input": shape, "layers": layers, **short(case(shape, make))} for (shape, layers), make in CASES.items()]
print(json.dumps({"torch": torch.__version__, "rows": ROWS, "classes": CLASSES, "cases": cases}))
