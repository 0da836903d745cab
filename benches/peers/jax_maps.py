"""The nets of `nets/` that are made of convolutions, in JAX: maps as [rows, height, width, channels]. A layer is a pair of functions: what it begins with, and what it does."""
import jax
import jax.numpy as jnp
from jax import lax

LAYOUT = ("NHWC", "HWIO", "NHWC")


def he(rng, shape, fan_in):
    return jnp.asarray(rng.standard_normal(shape, dtype="float32") * (2.0 / fan_in) ** 0.5)


def conv(n_in, n_out, size, stride=1, pad="SAME", groups=1, bias=False):
    def begin(rng):
        w = he(rng, (size, size, n_in // groups, n_out), size * size * n_in // groups)
        return {"w": w, "b": jnp.zeros(n_out)} if bias else {"w": w}

    def apply(params, x, key):
        pads = pad if pad == "VALID" else [(size // 2, size // 2)] * 2
        x = lax.conv_general_dilated(x, params["w"], (stride, stride), pads, dimension_numbers=LAYOUT, feature_group_count=groups)
        return (x + params["b"] if bias else x), {}

    return begin, apply


def norm(width):
    """Batch norm; with a key by the figures of the minibatch, which its running ones follow."""

    def begin(rng):
        return {"gain": jnp.ones(width), "bias": jnp.zeros(width), "running": (jnp.zeros(width), jnp.ones(width))}

    def apply(params, x, key):
        mean, var = params["running"]
        told = {}
        if key is not None:
            mean = x.mean((0, 1, 2))
            var = (x * x).mean((0, 1, 2)) - mean * mean
            told = {"running": jax.tree.map(lambda old, new: 0.9 * old + 0.1 * lax.stop_gradient(new), params["running"], (mean, var))}
        scale = params["gain"] * lax.rsqrt(var + 1e-5)
        return x * scale + (params["bias"] - mean * scale), told

    return begin, apply


def plain(f):
    return (lambda rng: {}), (lambda params, x, key: (f(x), {}))


relu = plain(jax.nn.relu)
flatten = plain(lambda x: x.reshape(x.shape[0], -1))
mean = plain(lambda x: x.mean((1, 2)))
pool = plain(lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"))


def dropout(rate, whole_maps=False):
    def apply(params, x, key):
        if key is None or rate == 0:
            return x, {}
        shape = (x.shape[0], 1, 1, x.shape[3]) if whole_maps else x.shape
        return jnp.where(jax.random.bernoulli(key, 1 - rate, shape), x / (1 - rate), 0.0), {}

    return (lambda rng: {}), apply


def dense(n_in, n_out):
    def begin(rng):
        return {"w": he(rng, (n_in, n_out), n_in), "b": jnp.zeros(n_out)}

    return begin, lambda params, x, key: (x @ params["w"] + params["b"], {})


def chain(*layers):
    """One layer after the other, each with a key of its own."""

    def begin(rng):
        return [layer[0](rng) for layer in layers]

    def apply(params, x, key):
        keys = [None] * len(layers) if key is None else jax.random.split(key, len(layers))
        told = []
        for (_, layer), own, key in zip(layers, params, keys):
            x, news = layer(own, x, key)
            told.append(news)
        return x, told

    return begin, apply


def residual(block, shortcut=None):
    def begin(rng):
        return {"block": block[0](rng), "shortcut": shortcut[0](rng) if shortcut else {}}

    def apply(params, x, key):
        y, told = block[1](params["block"], x, key)
        z, news = shortcut[1](params["shortcut"], x, key) if shortcut else (x, {})
        return jax.nn.relu(y + z), {"block": told, "shortcut": news}

    return begin, apply


def maps(rate=0.1):
    def pair(n_in, n_out):
        for n in (n_in, n_out):
            yield from (conv(n, n_out, 3, bias=True), norm(n_out), relu)
        yield from (pool, dropout(rate, whole_maps=True))

    return chain(*pair(3, 32), *pair(32, 64), flatten, dense(4096, 256), relu, dropout(0.5), dense(256, 10))


def lenet():
    return chain(
        conv(1, 20, 5, pad="VALID", bias=True), pool, conv(20, 50, 5, pad="VALID", bias=True), pool,
        flatten, dense(800, 500), relu, dropout(0.5), dense(500, 10),
    )


def resnet():
    layers, width = [conv(3, 16, 3), norm(16), relu], 16
    for n_out, stride in [(16, 1), (32, 2), (64, 2)]:
        for i in range(3):
            step = stride if i == 0 else 1
            block = chain(conv(width, n_out, 3, step), norm(n_out), relu, conv(n_out, n_out, 3), norm(n_out))
            layers.append(residual(block, chain(conv(width, n_out, 1, step), norm(n_out)) if step > 1 else None))
            width = n_out
    return chain(*layers, mean, dense(64, 10))


def separable():
    layers, width = [conv(3, 32, 3), norm(32), relu], 32
    for n_out, stride in [(64, 1), (128, 2), (128, 1), (256, 2)]:
        layers += [conv(width, width, 3, stride, groups=width), norm(width), relu, conv(width, n_out, 1), norm(n_out), relu]
        width = n_out
    return chain(*layers, mean, dropout(0.2), dense(width, 10))


NETS = {"maps": maps, "lenet": lenet, "resnet": resnet, "separable": separable}
