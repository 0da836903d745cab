"""Makes the golden attention: results and gradients of attention and of encoder blocks, in PyTorch.

Each case is one step of the net `reshape TxC, roles=[time, channel] -> dense C -> LAYERS -> flatten` under the squared error: through the first layer
the gradient with respect to the layers' input is seen too. Multi-head attention and encoder blocks are PyTorch's modules with these weights; what it has no
module for (rotary, alibi, shared keys) is written with its `scaled_dot_product_attention`.

Run: python tests/golden/attention.py > tests/golden/attention.json   (torch 2.x, CPU, float64)
"""
import json
import math

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(17)
ROWS = 3


def weights(p, path, width, heads, groups=None, other=None):
    """Draws what `attention` has."""
    shared = width // heads * (groups or heads)
    other = other or width
    for name, shape in [("query", (width, width)), ("key", (other, shared)), ("value", (other, shared)), ("output", (width, width))]:
        p[f"{path}.{name}_weight"] = torch.randn(*shape) * 0.5
        p[f"{path}.{name}_bias"] = torch.randn(shape[1]) * 0.3


def multihead(p, path, x, heads, causal, padding=None):
    """`nn.functional.multi_head_attention_forward`, which is what `nn.MultiheadAttention` calls."""
    width = x.shape[-1]
    packed = torch.cat([p[f"{path}.{n}_weight"].T for n in ("query", "key", "value")])
    bias = torch.cat([p[f"{path}.{n}_bias"] for n in ("query", "key", "value")])
    steps = x.shape[1]
    mask = torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1) if causal else None
    y, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1), width, heads, packed, bias, None, None, False, 0.0,
        p[f"{path}.output_weight"].T, p[f"{path}.output_bias"], training=True, key_padding_mask=padding, need_weights=False,
        attn_mask=mask)
    return y.transpose(0, 1)


def rotated(x):
    """`x [rows, heads, steps, width]`: the first half of a head's numbers with the second (GPT-NeoX, Llama)."""
    steps, half = x.shape[2], x.shape[3] // 2
    angles = torch.arange(steps)[:, None] * 10000.0 ** (-torch.arange(half) / half)[None]
    sin, cos = angles.sin(), angles.cos()
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def general(p, path, x, heads, groups=None, causal=False, rotary=False, alibi=False, memory=None):
    groups = groups or heads
    memory = x if memory is None else memory
    rows, steps, width = x.shape
    d = width // heads
    part = lambda v, name, n: (v @ p[f"{path}.{name}_weight"] + p[f"{path}.{name}_bias"]).reshape(rows, -1, n, d).transpose(1, 2)
    q, k, v = part(x, "query", heads), part(memory, "key", groups), part(memory, "value", groups)
    if rotary:
        q, k = rotated(q), rotated(k)
    k, v = (t.repeat_interleave(heads // groups, 1) for t in (k, v))
    bias = torch.zeros(heads, steps, memory.shape[1])
    if alibi:
        slopes = 2.0 ** (-8.0 * torch.arange(1, heads + 1) / heads)  # a power of two of heads
        bias = -slopes[:, None, None] * (torch.arange(steps)[:, None] - torch.arange(steps)[None]).abs()
    if causal:
        bias = bias + torch.triu(torch.full((steps, steps), -math.inf), 1)
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return y.transpose(1, 2).reshape(rows, steps, width) @ p[f"{path}.output_weight"] + p[f"{path}.output_bias"]


def attention(heads, width, **how):
    path = "attention_1"

    def draw(p):
        weights(p, path, width, heads, how.get("groups"))

    if set(how) <= {"causal"}:
        return draw, lambda p, x: multihead(p, path, x, heads, how.get("causal", False))
    return draw, lambda p, x: general(p, path, x, heads, **how)


def encoder(heads, width, inner, pre, paths):
    """A layer of `nn.TransformerEncoderLayer`, gelu, no dropout."""
    def draw(p):
        weights(p, paths["attention"], width, heads)
        for norm in ("norm1", "norm2"):
            p[f"{paths[norm]}.gain"] = torch.randn(width) * 0.3 + 1
            p[f"{paths[norm]}.bias"] = torch.randn(width) * 0.3
        p[f"{paths['up']}.weight"], p[f"{paths['up']}.bias"] = torch.randn(width, inner) * 0.4, torch.randn(inner) * 0.3
        p[f"{paths['down']}.weight"], p[f"{paths['down']}.bias"] = torch.randn(inner, width) * 0.4, torch.randn(width) * 0.3

    def run(p, x):
        layer = nn.TransformerEncoderLayer(width, heads, inner, 0.0, "gelu", norm_first=pre, batch_first=True)
        a = paths["attention"]
        own = {
            "self_attn.in_proj_weight": torch.cat([p[f"{a}.{n}_weight"].T for n in ("query", "key", "value")]),
            "self_attn.in_proj_bias": torch.cat([p[f"{a}.{n}_bias"] for n in ("query", "key", "value")]),
            "self_attn.out_proj.weight": p[f"{a}.output_weight"].T, "self_attn.out_proj.bias": p[f"{a}.output_bias"],
            "linear1.weight": p[f"{paths['up']}.weight"].T, "linear1.bias": p[f"{paths['up']}.bias"],
            "linear2.weight": p[f"{paths['down']}.weight"].T, "linear2.bias": p[f"{paths['down']}.bias"],
        }
        for norm in ("norm1", "norm2"):
            own[f"{norm}.weight"], own[f"{norm}.bias"] = p[f"{paths[norm]}.gain"], p[f"{paths[norm]}.bias"]
        return torch.func.functional_call(layer, own, (x,))

    return draw, run


def padded(heads, width, lengths):
    """Rows of these lengths: keys behind them are masked, and the mean is over what is a row's own."""
    def run(p, x):
        behind = torch.arange(x.shape[1])[None] >= torch.tensor(lengths)[:, None]
        y = multihead(p, "attention_1", x, heads, False, behind)
        return (y * ~behind[..., None]).sum(1) / torch.tensor(lengths)[:, None]

    return lambda p: weights(p, "attention_1", width, heads), run, lengths


def case(layers, steps, width, made):
    draw, run, *lengths = made
    p = {"dense_1.weight": torch.randn(width, width) * 0.5, "dense_1.bias": torch.randn(width) * 0.3}
    draw(p)
    # Everything the other side reads is a float32 number.
    p = {k: v.float().double().requires_grad_(True) for k, v in p.items()}
    x = torch.randn(ROWS, steps, width).float().double()
    y = run(p, x @ p["dense_1.weight"] + p["dense_1.bias"]).reshape(ROWS, -1)
    target = torch.randn(y.shape).float().double()
    ((y - target) ** 2).mean().backward()
    flat = lambda t: t.detach().flatten().tolist()
    return {"layer": layers, "steps": steps, "width": width, "lengths": lengths[0] if lengths else None, "params": {k: flat(v) for k, v in p.items()}, "x": flat(x),
            "y": flat(y), "target": flat(target), "grads": {k: flat(v.grad) for k, v in p.items()}}


def short(o):
    if isinstance(o, float):
        return float(f"{o:.9g}")
    if isinstance(o, list):
        return [short(v) for v in o]
    return {k: short(v) for k, v in o.items()} if isinstance(o, dict) else o


PRE = "\n  residual { layer_norm -> attention heads=2 }\n  residual { layer_norm -> dense 16 -> gelu -> dense 8 }\n"
PRE_PATHS = {"attention": "residual_1/attention_1", "norm1": "residual_1/layer_norm_1", "norm2": "residual_2/layer_norm_1",
             "up": "residual_2/dense_1", "down": "residual_2/dense_2"}
POST = "\n  residual { attention heads=2 } -> layer_norm\n  residual { dense 16 -> gelu -> dense 8 } -> layer_norm\n"
POST_PATHS = {"attention": "residual_1/attention_1", "norm1": "layer_norm_1", "norm2": "layer_norm_2",
              "up": "residual_2/dense_1", "down": "residual_2/dense_2"}

CASES = [
    case("attention heads=2", 7, 8, attention(2, 8)),
    case("attention heads=1", 5, 3, attention(1, 3)),
    case("attention heads=4, causal=true", 35, 8, attention(4, 8, causal=True)),
    case("attention heads=4, kv_heads=2, causal=true", 6, 8, attention(4, 8, groups=2, causal=True)),
    case("attention heads=2, positions=rotary", 9, 8, attention(2, 8, rotary=True)),
    case("attention heads=2, positions=rotary, causal=true, kv_heads=1", 9, 12, attention(2, 12, groups=1, rotary=True, causal=True)),
    case("attention heads=4, positions=alibi", 6, 8, attention(4, 8, alibi=True)),
    case("attention heads=4, positions=alibi, causal=true", 6, 8, attention(4, 8, alibi=True, causal=True)),
    case("attention heads=2 -> mean_pool over=time", 7, 8, padded(2, 8, [7, 1, 4])),
    case(PRE, 6, 8, encoder(2, 8, 16, True, PRE_PATHS)),
    case(POST, 6, 8, encoder(2, 8, 16, False, POST_PATHS)),
]
print(json.dumps({"torch": torch.__version__, "rows": ROWS, "cases": [short(c) for c in CASES]}))
