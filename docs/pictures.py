"""Golden values of pictures: what Pillow's antialiased bilinear resize, which torchvision uses for files, makes of small pictures.

    python docs/pictures.py        with pillow 13.0.0; its output stands in src/data/pictures/prepare.rs
"""

from PIL import Image

CASES = [((5, 7), (3, 4)), ((13, 17), (4, 5)), ((4, 6), (9, 5)), ((40, 3), (6, 3))]


def picture(height, width):
    """The same in the test: byte i is (i * i + 31 * i) mod 251."""
    data = bytes((i * i + 31 * i) % 251 for i in range(height * width * 3))
    return Image.frombytes("RGB", (width, height), data)


for (height, width), (new_height, new_width) in CASES:
    resized = picture(height, width).resize((new_width, new_height), Image.Resampling.BILINEAR)
    print(f"([{height}, {width}], [{new_height}, {new_width}], &{list(resized.tobytes())}),")
