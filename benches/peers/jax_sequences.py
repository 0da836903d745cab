"""The nets of `torch_sequences.py` in JAX: `lax.scan` over steps, a jitted step with donated state. Dropout is fresh each step, as PyTorch's is."""
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np

KEY = 0


def normal(rng, *shape):
    return jnp.asarray(rng.standard_normal(shape, dtype=np.float32) / shape[0] ** 0.5)


def drop(key, x, p):
    return jnp.where(jax.random.bernoulli(key, 1 - p, x.shape), x / (1 - p), 0.0) if p > 0 else x


def cell(rng, n_in, width, gates):
    return {"w": normal(rng, n_in, gates * width), "u": normal(rng, width, gates * width), "b": jnp.zeros((2, gates * width))}


def lstm(params, x):
    """`x` is [steps, rows, n]; products with inputs are one over all steps."""
    inputs = x @ params["w"] + params["b"].sum(0)
    zeros = jnp.zeros((x.shape[1], params["u"].shape[0]))

    def step(state, z):
        h, c = state
        i, f, g, o = jnp.split(z + h @ params["u"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return jax.lax.scan(step, (zeros, zeros), inputs)[1]


def gru(params, x):
    inputs = x @ params["w"] + params["b"][0]

    def step(h, z):
        own = h @ params["u"] + params["b"][1]
        (r, u, n), (hr, hu, hn) = jnp.split(z, 3, axis=1), jnp.split(own, 3, axis=1)
        r, u = jax.nn.sigmoid(r + hr), jax.nn.sigmoid(u + hu)
        h = (1 - u) * jnp.tanh(n + r * hn) + u * h
        return h, h

    return jax.lax.scan(step, jnp.zeros((x.shape[1], params["u"].shape[0])), inputs)[1]


def recurrent(kind, gates, channels, width, layers, p=0.0):
    def begin(rng):
        sizes = [channels] + [width] * layers
        return {"cells": [cell(rng, n, width, gates) for n in sizes[:-1]], "w": normal(rng, width, 2), "b": jnp.zeros(2)}

    def apply(params, x, key):
        x = x.transpose(1, 0, 2)
        for i, own in enumerate(params["cells"]):
            x = kind(own, x if i == 0 else drop(jax.random.fold_in(key, i), x, p))
        return x[-1] @ params["w"] + params["b"]

    return begin, apply


def words(vocab, width, p):
    def begin(rng):
        return {"table": normal(rng, vocab, width), "cells": [cell(rng, width, width, 4) for _ in range(2)], "w": normal(rng, width, vocab), "b": jnp.zeros(vocab)}

    def apply(params, x, key):
        keys = jax.random.split(key, 3)
        x = params["table"][x.T]
        for own, key in zip(params["cells"], keys):
            x = lstm(own, drop(key, x, p))
        x = drop(keys[2], x, p).transpose(1, 0, 2)
        return (x @ params["w"] + params["b"]).reshape(-1, vocab)

    return begin, apply


def norm(params, x):
    mean = x.mean(-1, keepdims=True)
    x = x - mean
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * params["gain"] + params["bias"]


def encoder(p, causal):
    width, heads, layers = 128, 4, 4
    normed = lambda: {"gain": jnp.ones(width), "bias": jnp.zeros(width)}

    def begin(rng):
        linear = lambda n, m: {"w": normal(rng, n, m), "b": jnp.zeros(m)}
        layer = lambda: {"n1": normed(), "n2": normed(), "qkv": linear(width, 3 * width), "out": linear(width, width), "up": linear(width, 512), "down": linear(512, width)}
        return {"layers": [layer() for _ in range(layers)], "norm": normed(), "head": linear(width, 4)}

    def apply(params, x, key):
        dense = lambda own, x: x @ own["w"] + own["b"]
        rows, places, _ = x.shape
        for own in params["layers"]:
            key, *keys = jax.random.split(key, 5)
            q, k, v = (
                z.reshape(rows, places, heads, -1).transpose(0, 2, 1, 3) for z in jnp.split(dense(own["qkv"], norm(own["n1"], x)), 3, axis=-1)
            )
            scores = q @ k.transpose(0, 1, 3, 2) / (width // heads) ** 0.5
            if causal:
                scores = jnp.where(jnp.tri(places, dtype=bool), scores, -jnp.inf)
            seen = drop(keys[0], jax.nn.softmax(scores), p) @ v
            x = x + drop(keys[1], dense(own["out"], seen.transpose(0, 2, 1, 3).reshape(rows, places, width)), p)
            hidden = drop(keys[2], jax.nn.gelu(dense(own["up"], norm(own["n2"], x)), approximate=False), p)
            x = x + drop(keys[3], dense(own["down"], hidden), p)
        return dense(params["head"], norm(params["norm"], x).mean(1))

    return begin, apply


def net(name, vocab):
    """What begins the parameters of a net of `torch_sequences.py`, and what makes logits."""
    kind, _, rest = name.partition("-")
    p = {"lstm": 0.5, "words": 0.5}.get(kind, 0.1) if "dropout" in rest else 0.0
    width = 650 if "650" in rest else 200
    return {
        "gru": lambda: recurrent(gru, 3, 32, 256, 1),
        "lstm": lambda: recurrent(lstm, 4, width, width, 2, p),
        "words": lambda: words(vocab, width, p),
        "encoder": lambda: encoder(p, False),
        "gpt": lambda: encoder(p, True),
    }[kind]()


def milliseconds(name, rows, steps, channels, classes, seconds):
    """Of the processor a step, the median."""
    rng = np.random.default_rng(0)
    begin, apply = net(name, classes)
    params = begin(rng)
    of_words = name.startswith("words")
    x = jnp.asarray(rng.integers(0, classes, (rows, steps)) if of_words else rng.standard_normal((rows, steps, channels), dtype=np.float32))
    y = jnp.asarray(rng.integers(0, classes, rows * steps if of_words else rows))

    def loss_of(params, key):
        logits = apply(params, x, key)
        return (jax.nn.logsumexp(logits, axis=1) - jnp.take_along_axis(logits, y[:, None], 1)[:, 0]).mean()

    def descend(params, m, v, t, grads):
        size = jnp.sqrt(sum((g * g).sum() for g in jax.tree.leaves(grads)))
        return jax.tree.map(lambda p, g: p - g * jnp.minimum(1.0, 5 / size), params, grads), m, v

    def adamw(params, m, v, t, grads):
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        update = lambda p, m, v: p * (1 - 1e-5) - 1e-3 * (m / c1) / (jnp.sqrt(v / c2) + 1e-8)
        return jax.tree.map(update, params, m, v), m, v

    def step(params, m, v, t, key):
        key, own = jax.random.split(key)
        loss, grads = jax.value_and_grad(loss_of)(params, own)
        params, m, v = (descend if of_words else adamw)(params, m, v, t + 1, grads)
        return params, m, v, t + 1, key, loss

    step = jax.jit(step, donate_argnums=(0, 1, 2))
    zeros = lambda: jax.tree.map(jnp.zeros_like, params) if not of_words else 0.0
    state = (params, zeros(), zeros(), 0, jax.random.key(KEY))
    times, end = [], time.monotonic() + seconds
    for i in range(10_000):
        start = time.process_time()
        *state, loss = step(*state)
        loss.block_until_ready()
        # The first ones compile.
        if i == 2:
            end = time.monotonic() + seconds
        if i > 2:
            times.append(time.process_time() - start)
        if len(times) > 3 and time.monotonic() > end:
            break
    return 1e3 * statistics.median(times)
