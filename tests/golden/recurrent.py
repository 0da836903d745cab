"""Makes the golden recurrent layers: results and gradients of LSTM, GRU and the plain layer with exchanged weights, in PyTorch.

Each case is one step of the net `conv C, 1 -> LAYER -> flatten` under the squared error: through the convolution the gradient with respect to the
layer's input is seen too. A weight of PyTorch is one of dropnet transposed, gates in the same order; of its two biases dropnet has the second
where it stands in a product of its own (GRU).

Run: python tests/golden/recurrent.py > tests/golden/recurrent.json   (torch 2.x, CPU, float64)
"""
import json

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(12)
ROWS = 3
CELLS = {"rnn": (torch.nn.RNN, 1), "lstm": (torch.nn.LSTM, 4), "gru": (torch.nn.GRU, 3)}


def numbers(*shape, scale=1.0):
    """Everything the other side reads is a float32 number."""
    return (torch.randn(*shape) * scale).float().double()


def run(word, x, p, reverse):
    """One layer by PyTorch's own, with the parameters `p` of dropnet in place of its own."""
    make, gates = CELLS[word]
    channels, width = x.shape[2], p["recurrent_weight"].shape[0]
    layer = make(channels, width, batch_first=True)
    zeros = torch.zeros(gates * width)
    own = {
        "weight_ih_l0": p["input_weight"].T,
        "weight_hh_l0": p["recurrent_weight"].T,
        "bias_ih_l0": p["bias"],
        "bias_hh_l0": p.get("recurrent_bias", zeros),
    }
    y, _ = torch.func.functional_call(layer, own, (x.flip(1) if reverse else x,))
    return y.flip(1) if reverse else y


def case(layer, shape):
    steps, channels = shape
    p = {"conv_1.weight": numbers(1, channels, channels, scale=0.7), "conv_1.bias": numbers(channels, scale=0.3)}
    into, calls, count = channels, [], {}
    for text in layer.split(" -> "):
        word, rest = text.split(" ", 1)
        width, gates = int(rest.split(",")[0]), CELLS[word][1]
        count[word] = count.get(word, 0) + 1
        path = f"{word}_{count[word]}"
        p[f"{path}.input_weight"] = numbers(into, gates * width, scale=0.5)
        p[f"{path}.recurrent_weight"] = numbers(width, gates * width, scale=0.5)
        p[f"{path}.bias"] = numbers(gates * width, scale=0.3)
        if word == "gru":
            p[f"{path}.recurrent_bias"] = numbers(gates * width, scale=0.3)
        calls.append((word, path, "reverse=true" in rest, "output=last" in rest))
        into = width
    p = {k: v.requires_grad_(True) for k, v in p.items()}
    x = numbers(ROWS, *shape)
    y = torch.einsum("btc,cf->btf", x, p["conv_1.weight"][0]) + p["conv_1.bias"]
    for word, path, reverse, last in calls:
        y = run(word, y, {k.split(".")[1]: v for k, v in p.items() if k.startswith(path)}, reverse)
        if last:
            y = y[:, 0 if reverse else -1]
    y = y.reshape(ROWS, -1)
    target = numbers(*y.shape)
    ((y - target) ** 2).mean().backward()
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
    case("rnn 5", (6, 3)),
    case("rnn 4, reverse=true, output=last", (5, 2)),
    case("lstm 5", (6, 3)),
    case("lstm 16", (3, 4)),
    case("lstm 4, output=last", (7, 2)),
    case("lstm 3, reverse=true", (6, 2)),
    case("gru 5", (6, 3)),
    case("gru 16, output=last", (3, 4)),
    case("gru 3, reverse=true", (7, 2)),
    case("lstm 4 -> gru 5 -> rnn 3, output=last", (6, 3)),
]
print(json.dumps({"torch": torch.__version__, "rows": ROWS, "cases": [short(c) for c in CASES]}))
