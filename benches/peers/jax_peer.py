"""JAX as its users write it for speed: one jitted epoch, `lax.scan` over minibatches, donated state; one run a line on stdin.

Monte-Carlo dropout is `vmap` over keys, which leaves what no key reaches outside."""
import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

import jax_maps


def weights(sizes, rng):
    params = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        limit = (6.0 / (n_in + n_out)) ** 0.5
        params.append((jnp.asarray(rng.uniform(-limit, limit, (n_in, n_out)).astype(np.float32)), jnp.zeros(n_out)))
    return params


def drop(key, h, p):
    return jnp.where(jax.random.bernoulli(key, 1 - p, h.shape), h / (1 - p), 0.0) if p > 0 else h


def outputs(params, x, key, rates):
    """Logits; without a key nothing is dropped."""
    keys = jax.random.split(key, len(params)) if key is not None else [None] * len(params)
    h = x
    for i, (w, b) in enumerate(params):
        h = h if key is None else drop(keys[i], h, rates[i])
        h = h @ w + b
        if i + 1 < len(params):
            h = jax.nn.relu(h)
    return h


def network(spec):
    """What begins a net's parameters, and what makes logits of them, rows and a key, beside what a step tells of them (running figures)."""
    if spec["net"] in jax_maps.NETS:
        return jax_maps.NETS[spec["net"]]()
    return (lambda rng: weights(spec["sizes"], rng)), (lambda params, x, key: (outputs(params, x, key, spec["rates"]), None))


def merged(params, told):
    """Parameters with what a step tells of them: figures by name, in lists and dicts of the same form; nothing where a net has none."""
    if told is None:
        return params
    if isinstance(params, list):
        return [merged(*pair) for pair in zip(params, told)]
    if isinstance(params, dict):
        return {name: merged(value, told[name]) if name in told else value for name, value in params.items()}
    return told


def training(spec):
    batch, steps = spec["batch"], spec["steps"]
    classes = spec["sizes"][-1]
    rng = np.random.default_rng(0)
    x = jnp.asarray(np.load(spec["data"] + "_x.npy")[: steps * batch])
    y = jnp.asarray(np.load(spec["data"] + "_y.npy")[: steps * batch])
    begin, apply = network(spec)
    params = begin(rng)
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, jax.tree.map(jnp.zeros_like, params), jnp.zeros((), jnp.int32), jax.random.key(0))

    def loss_of(params, xb, yb, key):
        h, told = apply(params, xb, key)
        if classes == 1:
            return jnp.mean((h - yb) ** 2), told
        target = jax.nn.one_hot(yb, classes) * 0.9 + 0.1 / classes
        return -jnp.mean(jnp.sum(target * jax.nn.log_softmax(h), axis=1)), told

    def step(state, index):
        params, m, v, t, key = state
        key, own = jax.random.split(key)
        (loss, told), grads = jax.value_and_grad(loss_of, has_aux=True)(params, x[index], y[index], own)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t

        def update(p, m, v):
            decay = 1 - 1e-3 * 0.01 if p.ndim >= 2 else 1.0
            return p * decay - 1e-3 * (m / c1) / (jnp.sqrt(v / c2) + 1e-8)

        return (merged(jax.tree.map(update, params, m, v), told), m, v, t, key), loss

    def epoch(state, order):
        state, losses = jax.lax.scan(step, state, order)
        return state, losses.mean()

    # In a loop of XLA's convolutions are made without its library, at a tenth of the rate and less: nets with them are jitted a step.
    if spec["net"] in jax_maps.NETS:
        one = jax.jit(step, donate_argnums=0)

        def epoch(state, order):
            for index in order:
                state, loss = one(state, index)
            return state, loss
    else:
        epoch = jax.jit(epoch, donate_argnums=0)
    order = lambda: jnp.asarray(rng.permutation(steps * batch).reshape(steps, batch))
    begun = time.perf_counter()
    state, loss = epoch(state, order())
    loss.block_until_ready()
    compiling = time.perf_counter() - begun
    held = {"state": state}

    def run():
        index = order()
        begun = time.perf_counter()
        held["state"], loss = epoch(held["state"], index)
        loss.block_until_ready()
        return (time.perf_counter() - begun) / steps * 1e6, float(loss)

    return run, compiling


def predicting(spec):
    sizes, steps = spec["sizes"], spec["steps"]
    rng = np.random.default_rng(0)
    begin, apply = network(spec)
    params = begin(rng)
    shape = sizes[0] if isinstance(sizes[0], list) else sizes[:1]
    x = jnp.asarray(rng.standard_normal((spec["batch"], *shape), dtype=np.float32))

    def meaning(params, x, key):
        y, _ = apply(params, x, key)
        return jax.nn.softmax(y) if sizes[-1] > 1 else y

    if spec["mode"] == "eval":
        call = jax.jit(lambda params, x, key: meaning(params, x, None))
    else:

        @jax.jit
        def call(params, x, key):
            keys = jax.random.split(key, spec["samples"])
            y = jax.vmap(lambda key: meaning(params, x, key))(keys)
            return y.mean(0), y.var(0, ddof=1)

    key = jax.random.key(0)

    def run():
        begun = time.perf_counter()
        for _ in range(steps):
            jax.block_until_ready(call(params, x, key))
        return (time.perf_counter() - begun) / steps * 1e6, 0.0

    begun = time.perf_counter()
    run()
    return run, time.perf_counter() - begun


def main():
    jax.config.update("jax_default_prng_impl", sys.argv[1])
    runs = {}
    for line in sys.stdin:
        spec = json.loads(line)
        name = json.dumps(spec)
        if name not in runs:
            runs[name] = (training if spec["mode"] == "train" else predicting)(spec)
        run, compiling = runs[name]
        us, loss = run()
        print(json.dumps({"us": us, "loss": loss, "compile_s": compiling}), flush=True)


if __name__ == "__main__":
    main()
