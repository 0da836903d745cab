"""Pictures as torchvision changes them, for fixed parameters: tests/golden/augment.json.

    python3 -m venv /tmp/tv && /tmp/tv/bin/pip install torch torchvision
    /tmp/tv/bin/python tests/golden/augment.py

Pictures are bytes in hexadecimal, height by width by channel. Each case names an operation, its parameters, the picture that it reads and what it makes of it.
"""

import json
import math
import pathlib

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

BILINEAR = InterpolationMode.BILINEAR


def picture(height, width, channels, smooth):
    def value(y, x, c):
        if smooth:
            return 127.5 + 60 * math.sin(0.45 * x + c) + 60 * math.cos(0.35 * y - 0.2 * x * (c + 1))
        return (37 * y * y + 91 * x + 53 * x * y + 17 * c * (y + 3)) % 256

    data = [[[int(value(y, x, c)) for c in range(channels)] for x in range(width)] for y in range(height)]
    return torch.tensor(data, dtype=torch.uint8).permute(2, 0, 1)


def numbers(image):
    return bytes(image.permute(1, 2, 0).flatten().tolist()).hex()


PICTURES = {
    "smooth": picture(24, 24, 3, True),
    "rough": picture(14, 19, 3, False),
    "grey": picture(17, 16, 1, False),
    "dark": (picture(12, 16, 3, True).float() * 0.3 + 40).to(torch.uint8),
}

CASES = []


def case(op, args, name, result):
    assert result.dtype == torch.uint8
    size = list(result.shape[1:])
    CASES.append({"op": op, "args": args, "picture": name, "size": size, "result": numbers(result)})


for name, image in PICTURES.items():
    _, height, width = image.shape
    for mode in ["constant", "edge", "reflect"]:
        padded = F.pad(image, [4, 4, 4, 4], padding_mode=mode)
        word = {"constant": "black"}.get(mode, mode)
        for top, left in [(0, 0), (3, 7), (8, 8)]:
            case("crop " + word, [4, top, left], name, F.crop(padded, top, left, height, width))
    case("flip horizontal", [], name, F.horizontal_flip(image))
    case("flip vertical", [], name, F.vertical_flip(image))
    for bits in [1, 3, 7]:
        case("posterize", [bits], name, F.posterize(image, bits))
    for threshold in [1, 128, 200]:
        case("solarize", [threshold], name, F.solarize(image, threshold))
    case("invert", [], name, F.invert(image))
    case("equalize", [], name, F.equalize(image))
    case("autocontrast", [], name, F.autocontrast(image))
    case("erase", [3, 5, 6, 4, 77], name, F.erase(image, 3, 5, 6, 4, torch.full((image.shape[0], 6, 4), 77, dtype=torch.uint8)))
    for factor in [0.0, 0.6, 1.4]:
        case("brightness", [factor], name, F.adjust_brightness(image, factor))
        case("contrast", [factor], name, F.adjust_contrast(image, factor))
        case("sharpness", [factor * 2], name, F.adjust_sharpness(image, factor * 2))
        if image.shape[0] == 3:
            case("saturation", [factor], name, F.adjust_saturation(image, factor))
    if image.shape[0] == 3:
        case("grayscale", [], name, F.rgb_to_grayscale(image, num_output_channels=3))
        for turn in [-0.4, -0.1, 0.05, 0.5]:
            case("hue", [turn], name, F.adjust_hue(image, turn))
    for size, sigma in [(3, 0.5), (5, 1.3), (9, 2.0)]:
        case("blur", [sigma, size], name, F.gaussian_blur(image, [size, size], [sigma, sigma]))
    for angle in [-30, -7.5, 15, 90, 135]:
        case("rotate", [angle], name, F.rotate(image, angle, interpolation=BILINEAR))
    for factor in [0.7, 0.9, 1.25]:
        case("zoom", [factor], name, F.affine(image, 0, [0, 0], factor, [0, 0], interpolation=BILINEAR))
    for angle in [-20, 10]:
        case("shear", [angle], name, F.affine(image, 0, [0, 0], 1, [-angle, 0], interpolation=BILINEAR))
    for shear, factor, angle, down, right in [(8, 1.1, 12, 2, -3), (-15, 0.8, -40, 0, 5)]:
        args = [shear, factor, angle, down, right]
        moved = F.affine(image, -angle, [right, down], factor, [-shear, 0], interpolation=BILINEAR)
        case("shear zoom rotate translate", args, name, moved)
    for top, left, h, w, to in [(0, 0, height, width, [8, 8]), (2, 3, 9, 11, [16, 16]), (1, 0, height - 3, width - 5, [7, 12])]:
        cut = F.resized_crop(image, top, left, h, w, to, interpolation=BILINEAR, antialias=True)
        case("resized_crop", [top, left, h, w], name, cut)

pictures = {
    name: {"size": list(image.shape[1:]), "channels": image.shape[0], "data": numbers(image)}
    for name, image in PICTURES.items()
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"pictures": pictures, "cases": CASES}, separators=(",", ":")) + "\n")
print(f"{len(CASES)} cases, {path.stat().st_size} bytes")
