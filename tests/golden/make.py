"""Makes the golden trajectories: eight steps of a small dropout net in PyTorch, for each optimizer, and for losses of classes, with given masks.

Run: python tests/golden/make.py > tests/golden/trajectories.json   (torch 2.x, CPU, float64)
"""
import json

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
STEPS, ROWS, IN, HIDDEN, CLASSES = 8, 6, 4, 5, 3
P_IN, P_HIDDEN, SMOOTHING = 0.25, 0.5, 0.1

init = {
    "dense_1.weight": torch.randn(IN, HIDDEN) * 0.6,
    "dense_1.bias": torch.randn(HIDDEN) * 0.1,
    "dense_2.weight": torch.randn(HIDDEN, CLASSES) * 0.6,
    "dense_2.bias": torch.randn(CLASSES) * 0.1,
}
# Everything the other side reads is a float32 number.
init = {k: v.float().double() for k, v in init.items()}
x = torch.randn(STEPS, ROWS, IN).float().double()
y = torch.randint(0, CLASSES, (STEPS, ROWS))
mask_in = (torch.rand(STEPS, ROWS, IN) >= P_IN).double()
mask_hidden = (torch.rand(STEPS, ROWS, HIDDEN) >= P_HIDDEN).double()


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2."""

    def __init__(self, groups, lr, betas, weight_decay):
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (b1, b2), lr = group["betas"], group["lr"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                w.mul_(1 - lr * group["weight_decay"])
                w.sub_(lr * (b1 * m + (1 - b1) * w.grad).sign())
                m.mul_(b2).add_((1 - b2) * w.grad)


class Lamb(torch.optim.Optimizer):
    """You et al. 2020, algorithm 2, the norms unbounded."""

    def __init__(self, groups, lr, weight_decay):
        super().__init__(groups, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                s = self.state[w]
                s["t"] = s.get("t", 0) + 1
                m, v = s.setdefault("m", torch.zeros_like(w)), s.setdefault("v", torch.zeros_like(w))
                m.mul_(0.9).add_(0.1 * w.grad)
                v.mul_(0.999).add_(0.001 * w.grad**2)
                r = (m / (1 - 0.9 ** s["t"])) / ((v / (1 - 0.999 ** s["t"])).sqrt() + 1e-6) + group["weight_decay"] * w
                w.sub_(group["lr"] * w.norm() / r.norm() * r)


class Muon(torch.optim.Optimizer):
    """torch.optim.Muon in float64, for weights [in, out]; what is no matrix goes by AdamW."""

    def __init__(self, weights, biases, lr, weight_decay, rms, nesterov=True, momentum=0.95):
        super().__init__(weights, {"lr": lr})
        self.rest = torch.optim.AdamW(biases, lr=lr, weight_decay=0.0)
        self.decay, self.rms, self.nesterov, self.momentum = weight_decay, rms, nesterov, momentum

    @torch.no_grad()
    def step(self):
        self.rest.step()
        for group in self.param_groups:
            for w in group["params"]:
                buf = self.state[w].setdefault("b", torch.zeros_like(w))
                buf.lerp_(w.grad, 1 - self.momentum)
                x = (w.grad.lerp(buf, self.momentum) if self.nesterov else buf).T
                rows, columns = x.shape
                x = x.T if rows > columns else x
                x = x / x.norm().clamp(min=1e-7)
                for _ in range(5):
                    gram = x @ x.T
                    x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
                x = x.T if rows > columns else x
                ratio = 0.2 * max(rows, columns) ** 0.5 if self.rms else max(1, rows / columns) ** 0.5
                w.mul_(1 - group["lr"] * self.decay).sub_(group["lr"] * ratio * x.T)

    def zero_grad(self):
        super().zero_grad()
        self.rest.zero_grad()


SGD, ADAM = torch.optim.SGD, torch.optim.Adam
CASES = {
    "sgd, lr=0.1": lambda w, b: SGD(w + b, lr=0.1),
    "sgd, lr=0.1, momentum=0.9": lambda w, b: SGD(w + b, lr=0.1, momentum=0.9),
    "sgd, lr=0.1, momentum=0.9, nesterov=true": lambda w, b: SGD(w + b, lr=0.1, momentum=0.9, nesterov=True),
    "sgd, lr=0.1, momentum=0.9, weight_decay=0.01": lambda w, b: SGD(
        [{"params": w, "weight_decay": 0.01}, {"params": b}], lr=0.1, momentum=0.9),
    "sgd, lr=0.1, weight_decay=0.01, on=all": lambda w, b: SGD(w + b, lr=0.1, weight_decay=0.01),
    "adam, lr=0.01": lambda w, b: ADAM(w + b, lr=0.01),
    "adam, lr=0.01, betas=[0.8, 0.95], eps=1e-6": lambda w, b: ADAM(w + b, lr=0.01, betas=(0.8, 0.95), eps=1e-6),
    "adam, lr=0.01, weight_decay=0.02": lambda w, b: ADAM([{"params": w, "weight_decay": 0.02}, {"params": b}], lr=0.01),
    "adamw, lr=0.01, weight_decay=0.1": lambda w, b: torch.optim.AdamW(
        [{"params": w, "weight_decay": 0.1}, {"params": b, "weight_decay": 0.0}], lr=0.01),
    "adamw, lr=0.01, on=all": lambda w, b: torch.optim.AdamW(w + b, lr=0.01),
    "rmsprop, lr=0.01, alpha=0.9, centered=true": lambda w, b: torch.optim.RMSprop(
        w + b, lr=0.01, alpha=0.9, centered=True),
    "rmsprop, lr=0.01": lambda w, b: torch.optim.RMSprop(w + b, lr=0.01),
    "rmsprop, lr=0.01, momentum=0.5, weight_decay=0.01": lambda w, b: torch.optim.RMSprop(
        [{"params": w, "weight_decay": 0.01}, {"params": b}], lr=0.01, momentum=0.5),
    "adadelta": lambda w, b: torch.optim.Adadelta(w + b),
    "adadelta, lr=0.5, rho=0.95, eps=1e-4, weight_decay=0.01": lambda w, b: torch.optim.Adadelta(
        [{"params": w, "weight_decay": 0.01}, {"params": b}], lr=0.5, rho=0.95, eps=1e-4),
    "adagrad, lr=0.05": lambda w, b: torch.optim.Adagrad(w + b, lr=0.05),
    "adagrad, lr=0.05, eps=1e-4, weight_decay=0.01": lambda w, b: torch.optim.Adagrad(
        [{"params": w, "weight_decay": 0.01}, {"params": b}], lr=0.05, eps=1e-4),
    "adamax, lr=0.01": lambda w, b: torch.optim.Adamax(w + b, lr=0.01),
    "adamax, lr=0.01, betas=[0.8, 0.9], weight_decay=0.02, on=all": lambda w, b: torch.optim.Adamax(
        w + b, lr=0.01, betas=(0.8, 0.9), weight_decay=0.02),
    "nadam, lr=0.01": lambda w, b: torch.optim.NAdam(w + b, lr=0.01),
    "nadam, lr=0.01, betas=[0.8, 0.95], weight_decay=0.02": lambda w, b: torch.optim.NAdam(
        [{"params": w, "weight_decay": 0.02}, {"params": b}], lr=0.01, betas=(0.8, 0.95)),
    "radam, lr=0.01": lambda w, b: torch.optim.RAdam(w + b, lr=0.01),
    "radam, lr=0.01, betas=[0.8, 0.95], weight_decay=0.02, on=all": lambda w, b: torch.optim.RAdam(
        w + b, lr=0.01, betas=(0.8, 0.95), weight_decay=0.02),
    "lion, lr=0.01, weight_decay=0.1": lambda w, b: Lion(
        [{"params": w, "weight_decay": 0.1}, {"params": b, "weight_decay": 0.0}], lr=0.01, betas=(0.9, 0.99), weight_decay=0.1),
    "lamb, lr=0.01, weight_decay=0.1": lambda w, b: Lamb(
        [{"params": w, "weight_decay": 0.1}, {"params": b, "weight_decay": 0.0}], lr=0.01, weight_decay=0.1),
    "muon, lr=0.01, weight_decay=0.1": lambda w, b: Muon(w, b, lr=0.01, weight_decay=0.1, rms=True),
    "muon, lr=0.02, adjust=shape, nesterov=false, momentum=0.9": lambda w, b: Muon(
        w, b, lr=0.02, weight_decay=0.0, rms=False, nesterov=False, momentum=0.9),
    "sgd, lr=0.1\nsam 0.05": lambda w, b: SGD(w + b, lr=0.1),
    "adam, lr=0.01\nsam 0.3": lambda w, b: ADAM(w + b, lr=0.01),
    "adam, lr=0.01\naccumulate 2": lambda w, b: ADAM(w + b, lr=0.01),
    "sgd, lr=0.1, momentum=0.9\naccumulate 3": lambda w, b: SGD(w + b, lr=0.1, momentum=0.9),
    "sgd, lr=0.1\npenalize orthogonal, 0.1": lambda w, b: SGD(w + b, lr=0.1),
    "sgd, lr=0.1\npenalize spectral, 0.1": lambda w, b: SGD(w + b, lr=0.1),
}


def penalty(name, p):
    """What is added to the loss; the spectral norm is exact here."""
    weights = [p["dense_1.weight"], p["dense_2.weight"]]
    if "orthogonal" in name:
        grams = [w.T @ w if w.shape[1] <= w.shape[0] else w @ w.T for w in weights]
        return 0.1 * sum(((g - torch.eye(len(g))) ** 2).sum() for g in grams)
    return 0.1 * sum(torch.linalg.matrix_norm(w, 2) ** 2 for w in weights) if "spectral" in name else 0.0


def cross_entropy(z, y):
    return torch.nn.functional.cross_entropy(z, y, label_smoothing=SMOOTHING)


def kl(z, y):
    q = torch.nn.functional.one_hot(y, CLASSES) * (1 - SMOOTHING) + SMOOTHING / CLASSES
    return torch.nn.functional.kl_div(z.log_softmax(1), q, reduction="batchmean")


LOSSES = {"kl, label_smoothing=0.1": kl}


def trajectory(name, make, loss_of=cross_entropy):
    p = {k: v.clone().requires_grad_(True) for k, v in init.items()}
    optimizer = make([p["dense_1.weight"], p["dense_2.weight"]], [p["dense_1.bias"], p["dense_2.bias"]])
    losses, params = [], []
    every = int(name.split("accumulate ")[1]) if "accumulate" in name else 1
    rho = float(name.split("sam ")[1]) if "sam " in name else None

    def loss_at(t):
        a = x[t] * mask_in[t] / (1 - P_IN)
        h = torch.relu(a @ p["dense_1.weight"] + p["dense_1.bias"]) * mask_hidden[t] / (1 - P_HIDDEN)
        z = h @ p["dense_2.weight"] + p["dense_2.bias"]
        return loss_of(z, y[t])

    for t in range(STEPS):
        loss = loss_at(t)
        if t % every == 0:
            optimizer.zero_grad()
        ((loss + penalty(name, p)) / every).backward()
        if rho is not None:
            norm = torch.sqrt(sum((w.grad**2).sum() for w in p.values()))
            away = {k: rho * w.grad / norm for k, w in p.items()}
            with torch.no_grad():
                for k, w in p.items():
                    w.add_(away[k])
            optimizer.zero_grad()
            loss_at(t).backward()
            with torch.no_grad():
                for k, w in p.items():
                    w.sub_(away[k])
        if (t + 1) % every == 0:
            optimizer.step()
        losses.append(loss.item())
        params.append({k: v.detach().flatten().tolist() for k, v in p.items()})
    return {"losses": losses, "params": params}


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
    "p_in": P_IN, "p_hidden": P_HIDDEN, "label_smoothing": SMOOTHING,
    "rows": ROWS, "in": IN, "hidden": HIDDEN, "classes": CLASSES,
    "init": {k: v.flatten().tolist() for k, v in init.items()},
    "x": flat(x), "y": flat(y), "mask_in": flat(mask_in), "mask_hidden": flat(mask_hidden),
    "cases": {name: trajectory(name, make) for name, make in CASES.items()},
    "by_loss": {name: trajectory("sgd, lr=0.1", CASES["sgd, lr=0.1"], loss) for name, loss in LOSSES.items()},
})))
