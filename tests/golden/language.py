"""Makes the golden language model: loss and gradients of a recurrent net with one table at both ends, in PyTorch.

One step of the net `words: embedding D -> gru D -> unembed words` under the cross-entropy of tokens, rows of different lengths: the mean over tokens that are
there, plain and smoothed, and the sum over each row's tokens, mean over rows. A weight of PyTorch is one of dropnet transposed.

Run: python tests/golden/language.py > tests/golden/language.json   (torch 2.x, CPU, float64)
"""
import json

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(17)
ROWS, STEPS, VOCAB, WIDTH = 5, 4, 7, 3
LENGTHS = [4, 1, 3, 2, 4]


def numbers(*shape, scale=0.6):
    """Everything the other side reads is a float32 number."""
    return (torch.randn(*shape) * scale).float().double()


def rounded(x):
    return [float(f"{v:.9g}") for v in x.flatten().tolist()]


p = {
    "words.weight": numbers(VOCAB, WIDTH),
    "gru_1.input_weight": numbers(WIDTH, 3 * WIDTH),
    "gru_1.recurrent_weight": numbers(WIDTH, 3 * WIDTH),
    "gru_1.bias": numbers(3 * WIDTH),
    "gru_1.recurrent_bias": numbers(3 * WIDTH),
}
p = {k: v.requires_grad_(True) for k, v in p.items()}
tokens = torch.randint(0, VOCAB, (ROWS, STEPS))
target = torch.randint(0, VOCAB, (ROWS, STEPS))
there = torch.arange(STEPS)[None, :] < torch.tensor(LENGTHS)[:, None]

cases = []
for loss, smoothing, per_row in [
    ("cross_entropy", 0.0, False),
    ("cross_entropy, label_smoothing=0.1", 0.1, False),
    ("cross_entropy, per=row", 0.0, True),
]:
    layer = torch.nn.GRU(WIDTH, WIDTH, batch_first=True)
    own = {
        "weight_ih_l0": p["gru_1.input_weight"].T,
        "weight_hh_l0": p["gru_1.recurrent_weight"].T,
        "bias_ih_l0": p["gru_1.bias"],
        "bias_hh_l0": p["gru_1.recurrent_bias"],
    }
    h, _ = torch.func.functional_call(layer, own, (torch.nn.functional.embedding(tokens, p["words.weight"]),))
    logits = torch.nn.functional.linear(h, p["words.weight"])
    # What lies behind the end of a row is ignored, as `ignore_index` says it.
    own_target = target.masked_fill(~there, -100)
    value = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), own_target.flatten(), label_smoothing=smoothing, reduction="sum" if per_row else "mean"
    )
    value = value / ROWS if per_row else value
    grads = torch.autograd.grad(value, list(p.values()))
    cases.append({"loss": loss, "value": float(f"{value.item():.9g}"), "gradients": {k: rounded(g) for k, g in zip(p, grads)}})

print(
    json.dumps(
        {
            "torch": torch.__version__,
            "lengths": LENGTHS,
            "tokens": tokens.flatten().tolist(),
            "target": target.flatten().tolist(),
            "params": {k: rounded(v) for k, v in p.items()},
            "cases": cases,
        }
    )
)
