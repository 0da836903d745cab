"""Makes the golden files of `load`: small nets of PyTorch with their state dicts as they are, and what they predict; and the same weights in the names and axes of Keras.

Rows are written as dropnet has them, channels last. What Keras keeps is made of PyTorch's tensors by the conventions of its documentation: kernels `[in, out]` and `[height, width, in, out]`,
depthwise ones `[height, width, channels, 1]`, transposed ones `[height, width, out, in]`, gates of a GRU in the order z, r, h with both biases in one tensor, heads of attention on an axis of their own.

Run: python tests/golden/load.py > tests/golden/load.json                  (torch 2.x, CPU)
     python tests/golden/load.py FOLDER     writes NAME.safetensors and NAME.net into it, for a try by hand
"""
import json
import struct
import sys

import torch
from torch import nn

torch.manual_seed(19)
ROWS = 3


def randomized(model):
    """Numbers that no start has: a bias or a running variance that is exchanged for another is seen."""
    with torch.no_grad():
        for name, value in list(model.named_parameters()) + list(model.named_buffers()):
            if value.is_floating_point():
                value.copy_(torch.randn(value.shape).mul(0.5) if "var" not in name else torch.rand(value.shape) + 0.5)
    return model.eval()


def tensors(state):
    return {k: {"dims": list(v.shape), "kind": str(v.dtype), "data": v.flatten().tolist()} for k, v in state.items()}


def case(name, net, load, model, x, forward, keras=None, keras_load=None):
    randomized(model)
    state = {k: v.detach().clone() for k, v in model.state_dict().items()}
    with torch.no_grad():
        y = forward(model.double(), x.double() if x.is_floating_point() else x)
    made = keras({k: v for k, v in state.items()}) if keras else {}
    return {"name": name, "net": net, "load": load, "keras_load": keras_load, "dims": list(x.shape[1:]), "tokens": not x.is_floating_point(),
            "x": x.flatten().tolist(), "y": y.flatten().tolist(), "torch": tensors(state), "keras": tensors(made)}


def first(x):
    """Channels first, as PyTorch has maps and series that windows slide over."""
    return x.movedim(-1, 1)


def norm(state, name, to):
    return {f"{to}/gamma": state[f"{name}.weight"], f"{to}/beta": state[f"{name}.bias"]}


def batch_norm(state, name):
    return {**norm(state, name, name), f"{name}/moving_mean": state[f"{name}.running_mean"], f"{name}/moving_variance": state[f"{name}.running_var"]}


def dense(state, name, to=None):
    return {f"{to or name}/kernel": state[f"{name}.weight"].T.contiguous(), f"{to or name}/bias": state[f"{name}.bias"]}


def filters(weight):
    return weight.movedim((0, 1), (-1, -2)).contiguous()


def conv(state, name):
    kept = {f"{name}/kernel": filters(state[f"{name}.weight"])}
    return {**kept, **({f"{name}/bias": state[f"{name}.bias"]} if f"{name}.bias" in state else {})}


def cell(state, name, kind, suffix=""):
    """Of a recurrent layer: PyTorch's gates are i f g o, r z n; Keras's i f c o, z r h."""
    order = [1, 0, 2] if kind == "gru" else None
    turn = lambda t: t if order is None else torch.cat([t.chunk(3, dim=-1)[i] for i in order], dim=-1)
    of = lambda what: state[f"{name}.{what}_l0{suffix}"]
    biases = turn(of("bias_ih")), turn(of("bias_hh"))
    bias = torch.stack(biases) if kind == "gru" else biases[0] + biases[1]
    return {"kernel": turn(of("weight_ih").T).contiguous(), "recurrent_kernel": turn(of("weight_hh").T).contiguous(), "bias": bias}


def laid_out(weight, sizes):
    """A matrix whose inputs were maps with channels first there, and last here."""
    channels, places = sizes[-1], sizes[:-1]
    return weight.reshape(weight.shape[0], channels, *places).movedim(1, -1).reshape(weight.shape[0], -1)


mlp = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))

class Maps(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.bn2, self.fc = nn.BatchNorm1d(2 * 3 * 4), nn.Linear(2 * 3 * 4, 3)

    def forward(self, x):
        h = torch.max_pool2d(torch.relu(self.bn1(self.conv1(first(x)))), 2)
        return self.fc(self.bn2(h.flatten(1)))


def maps_in_keras(s):
    units = lambda t: laid_out(t[None], (2, 3, 4))[0].contiguous()
    last = {"bn2.weight": units(s["bn2.weight"]), "bn2.bias": units(s["bn2.bias"]), "bn2.running_mean": units(s["bn2.running_mean"]),
            "bn2.running_var": units(s["bn2.running_var"])}
    fc = {"fc.weight": laid_out(s["fc.weight"], (2, 3, 4)), "fc.bias": s["fc.bias"]}
    return {**conv(s, "conv1"), **batch_norm(s, "bn1"), **batch_norm(last, "bn2"), **dense(fc, "fc")}


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.deep, self.grouped = nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.Conv2d(4, 6, 1, groups=2)
        self.gn, self.slope, self.up = nn.GroupNorm(2, 6), nn.PReLU(6), nn.ConvTranspose2d(6, 2, 2, stride=2)
        self.ln = nn.LayerNorm([2, 4, 6])

    def forward(self, x):
        return self.ln(self.up(self.slope(self.gn(self.grouped(self.deep(first(x))))))).movedim(1, -1)


def decoder_in_keras(s):
    ln = {k: s[k].movedim(0, -1).contiguous() for k in ("ln.weight", "ln.bias")}
    return {"deep/depthwise_kernel": s["deep.weight"].movedim((0, 1), (-2, -1)).contiguous(), "deep/bias": s["deep.bias"], **conv(s, "grouped"),
            **norm(s, "gn", "gn"), "slope/alpha": s["slope.weight"].reshape(1, 1, 6),
            "up/kernel": s["up.weight"].movedim((0, 1), (-1, -2)).contiguous(), "up/bias": s["up.bias"], **norm(ln, "ln", "ln")}


class Series(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv1d(3, 4, 3, padding=1), nn.Linear(5 * 4, 2)

    def forward(self, x):
        return self.fc(torch.tanh(self.c(first(x))).flatten(1))


def series_in_keras(s):
    return {**conv(s, "c"), **dense({"fc.weight": laid_out(s["fc.weight"], (5, 4)), "fc.bias": s["fc.bias"]}, "fc")}


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.rnn, self.fc = nn.Embedding(9, 4), nn.LSTM(4, 3, bidirectional=True, batch_first=True), nn.Linear(6, 2)

    def forward(self, x):
        _, (h, _) = self.rnn(self.emb(x))
        return self.fc(torch.cat([h[0], h[1]], 1))


def words_in_keras(s):
    ways = [("forward_lstm", ""), ("backward_lstm", "_reverse")]
    own = {f"rnn/{way}/lstm_cell/{k}": v for way, suffix in ways for k, v in cell(s, "rnn", "lstm", suffix).items()}
    return {"emb/embeddings": s["emb.weight"], **own, **dense(s, "fc")}


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.fc = nn.GRU(3, 4, batch_first=True), nn.RNN(4, 3, batch_first=True), nn.Linear(5 * 3, 2)

    def forward(self, x):
        return self.fc(self.second(self.first(x)[0])[0].flatten(1))


def recurrent_in_keras(s):
    own = {f"first/gru_cell/{k}": v for k, v in cell(s, "first", "gru").items()}
    return {**own, **{f"second/{k}": v for k, v in cell(s, "second", "rnn").items()}, **dense(s, "fc")}


class Stacked(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True), nn.Linear(5 * 8, 2)

    def forward(self, x):
        return self.fc(self.rnn(x)[0].flatten(1))


def stacked_in_keras(s):
    ways = [("forward_lstm", ""), ("backward_lstm", "_reverse")]
    upper = {k.replace("_l1", "_l0"): v for k, v in s.items() if "_l1" in k}
    own = {f"{to}/{way}/lstm_cell/{k}": v for to, of in (("low", s), ("top", upper)) for way, suffix in ways for k, v in cell(of, "rnn", "lstm", suffix).items()}
    return {**own, **dense(s, "fc")}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.attn = nn.LayerNorm(4), nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        n = self.norm(x)
        return x + self.attn(n, n, n)[0]


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.pos, self.enc, self.last, self.head = nn.Embedding(6, 4), Block(), nn.RMSNorm(4, eps=1e-5), nn.Linear(4, 3)

    def forward(self, x):
        x = x.reshape(-1, 6, 4) + self.pos.weight
        return self.head(self.last(self.enc(x)).mean(1))


def encoder_in_keras(s):
    packed, biases = s["enc.attn.in_proj_weight"].chunk(3), s["enc.attn.in_proj_bias"].chunk(3)
    own = {"pos/embeddings": s["pos.weight"], "last/scale": s["last.weight"]}
    for part, weight, bias in zip(("query", "key", "value"), packed, biases):
        own[f"enc/attn/{part}/kernel"], own[f"enc/attn/{part}/bias"] = weight.T.reshape(4, 2, 2).contiguous(), bias.reshape(2, 2)
    own["enc/attn/attention_output/kernel"] = s["enc.attn.out_proj.weight"].T.reshape(2, 2, 4).contiguous()
    return {**own, "enc/attn/attention_output/bias": s["enc.attn.out_proj.bias"], **norm(s, "enc.norm", "enc/norm"), **dense(s, "head")}


def all_cases():
    maps, series = torch.randn(ROWS, 4, 6, 3), torch.randn(ROWS, 5, 3)
    call = lambda model, x: model(x)
    yield case("mlp", ["input x: real[4]", "hidden: dense 5 -> relu", "out: dense 3", "output y: real[3]"], "into=[hidden, out], names=[0, 2]", mlp,
               torch.randn(ROWS, 4), call, lambda s: {f"sequential/{k}": v for k, v in {**dense(s, "0", "hidden"), **dense(s, "2", "out")}.items()},
               'prefix="sequential/"')
    yield case("maps", ["input x: real[4, 6, 3]", "conv1: conv 4, 3x3, bias=false", "bn1: batch_norm", "relu -> max_pool 2x2 -> flatten", "bn2: batch_norm",
                        "dropout 0.5", "fc: dense 3", "output y: real[3]"], "", Maps(), maps, call, maps_in_keras, "")
    yield case("decoder", ["input x: real[2, 3, 4]", "deep: depthwise_conv 3x3", "grouped: conv 6, 1x1, groups=2", "gn: group_norm groups=2", "slope: prelu",
                           "up: conv_transpose 2, 2x2, stride=2", "ln: layer_norm over=all", "flatten", "output y: real[48]"], "", Decoder(),
               torch.randn(ROWS, 2, 3, 4), call, decoder_in_keras, "")
    yield case("series", ["input x: real[5, 3]", "c: conv 4, 3 -> tanh", "flatten", "fc: dense 2", "output y: real[2]"], "", Series(), series, call,
               series_in_keras, "")
    yield case("words", ["input x: token[5, vocab=9]", "emb: embedding 4", "rnn: bidirectional { lstm 3, output=last }", "fc: dense 2", "output y: real[2]"], "",
               Words(), torch.randint(0, 9, (ROWS, 5)), call, words_in_keras, "")
    yield case("recurrent", ["input x: real[5, 3]", "first: gru 4", "second: rnn 3", "flatten", "fc: dense 2", "output y: real[2]"], "", Recurrent(), series, call,
               recurrent_in_keras, "")
    yield case("encoder", ["input x: real[24]", "reshape 6x4, roles=[time, channel]", "pos: positions kind=learned",
                           "enc: residual {\n    norm: layer_norm\n    attn: attention heads=2\n  }", "last: rms_norm", "mean_pool over=time", "head: dense 3",
                           "output y: real[3]"], "", Encoder(), torch.randn(ROWS, 24), call, encoder_in_keras, "")
    yield case("stacked", ["input x: real[5, 3]", "low: bidirectional { lstm 4 }", "top: bidirectional { lstm 4 }", "flatten", "fc: dense 2", "output y: real[2]"],
               "into=[low, top, fc], names=[rnn, rnn_l1, fc]", Stacked(), series, call, stacked_in_keras, "")


KINDS = {"torch.float32": ("F32", "<f"), "torch.float64": ("F64", "<d"), "torch.int64": ("I64", "<q")}


def write(path, tensors):
    """A safetensors file, without the package."""
    header, body = {}, b""
    for name, tensor in tensors.items():
        kind, form = KINDS[tensor["kind"]]
        data = b"".join(struct.pack(form, x) for x in tensor["data"])
        header[name] = {"dtype": kind, "shape": tensor["dims"], "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)


def short(o):
    if isinstance(o, float):
        return float(f"{o:.9g}")
    if isinstance(o, list):
        return [short(v) for v in o]
    return {k: short(v) for k, v in o.items()} if isinstance(o, dict) else o


CASES = list(all_cases())
if len(sys.argv) > 1:
    for found in CASES:
        write(f"{sys.argv[1]}/{found['name']}.safetensors", found["torch"])
        write(f"{sys.argv[1]}/{found['name']}_keras.safetensors", found["keras"])
        open(f"{sys.argv[1]}/{found['name']}.net", "w").write("net {\n  " + "\n  ".join(found["net"]) + "\n}\n")
else:
    print(json.dumps(short({"rows": ROWS, "cases": CASES})))
