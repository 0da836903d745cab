"""The nets of `nets/` that are made of convolutions, as PyTorch's users write them: maps in channels-last order."""
from torch import nn


class Residual(nn.Module):
    """A block's result added to what went into it, or to a shortcut of it, behind a relu."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.block = nn.Sequential(*normed(n_in, n_out, 3, stride), nn.ReLU(inplace=True), *normed(n_out, n_out, 3))
        self.shortcut = nn.Identity() if stride == 1 else nn.Sequential(*normed(n_in, n_out, 1, stride))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.block(x) + self.shortcut(x))


def normed(n_in, n_out, size, stride=1, groups=1, bias=False):
    return [nn.Conv2d(n_in, n_out, size, stride, size // 2, groups=groups, bias=bias), nn.BatchNorm2d(n_out)]


def maps(rate):
    def pair(n_in, n_out):
        for n in (n_in, n_out):
            yield from [*normed(n, n_out, 3, bias=True), nn.ReLU(inplace=True)]
        yield from [nn.MaxPool2d(2), nn.Dropout2d(rate)]

    head = [nn.Flatten(), nn.Linear(4096, 256), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(256, 10)]
    return nn.Sequential(*pair(3, 32), *pair(32, 64), *head)


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(500, 10),
    )


def resnet():
    layers = [*normed(3, 16, 3), nn.ReLU(inplace=True)]
    width = 16
    for n_out, stride in [(16, 1), (32, 2), (64, 2)]:
        for block in range(3):
            layers.append(Residual(width, n_out, stride if block == 0 else 1))
            width = n_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def separable():
    layers = [*normed(3, 32, 3), nn.ReLU(inplace=True)]
    width = 32
    for n_out, stride in [(64, 1), (128, 2), (128, 1), (256, 2)]:
        layers += [*normed(width, width, 3, stride, groups=width), nn.ReLU(inplace=True)]
        layers += [*normed(width, n_out, 1), nn.ReLU(inplace=True)]
        width = n_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(width, 10))


NETS = {"maps": lambda: maps(0.1), "lenet": lenet, "resnet": resnet, "separable": separable}
