"""Writes what Pillow 9.4 and torchvision 0.14 make of pictures, which ours is compared with.

Run in this folder: python3 pillow.py DATA
DATA is the folder with imagenet, imagenet-odd and imagenet-fullsize.

resized: pictures by a formula, of which a region is resized; CRC-32 of red, green, blue planes.
centre: the same pictures through Resize and CenterCrop.
crops: what RandomResizedCrop takes when its uniform draws in [0, 1) are the given ones.
files: small JPEGs of one colour, in base64, and that colour as it was given to Pillow: gray, or the
inks of CMYK, which Pillow stores inverted as Adobe's programs do.
decoded: pixels of real files at the corners and in the middle of a grid, turned upright; null if
Pillow refuses the file.
"""

import base64
import glob
import io
import json
import os
import sys
import zlib

import torch
from PIL import Image, ImageOps
from torchvision import transforms
from torchvision.transforms import functional


def picture(width, height):
    data = bytearray()
    for y in range(height):
        for x in range(width):
            data += bytes(((x * 7 + y * 13 + x * y % 17 * 5) % 256, (x * x + 3 * y) % 256, (y * 31 ^ x * 5) % 256))
    return Image.frombytes("RGB", (width, height), bytes(data))


def planes(image):
    return b"".join(band.tobytes() for band in image.split())


def resized():
    cases = []
    for width, height, region, size, mirrored in [
        (40, 30, (0, 0, 40, 30), 8, False),
        (40, 30, (3, 5, 21, 17), 8, True),
        (40, 30, (3, 5, 7, 4), 16, False),
        (300, 200, (11, 7, 250, 180), 224, True),
        (300, 200, (150, 100, 1, 1), 5, False),
        (37, 501, (1, 2, 35, 499), 32, False),
        (501, 37, (0, 0, 501, 37), 299, False),
        (64, 64, (0, 0, 64, 64), 64, True),
        (1, 1, (0, 0, 1, 1), 7, False),
    ]:
        left, top, w, h = region
        out = functional.resized_crop(picture(width, height), top, left, h, w, [size, size])
        if mirrored:
            out = functional.hflip(out)
        cases.append({
            "width": width, "height": height, "region": region, "size": size, "mirrored": mirrored,
            "crc": zlib.crc32(planes(out)), "first": out.getpixel((0, 0)),
        })
    return cases


def centre():
    cases = []
    for width, height, size in [
        (500, 375, 224), (375, 500, 224), (333, 257, 299), (100, 80, 224), (225, 75, 56), (257, 1000, 224), (1, 1, 8),
        (91, 60, 33),
    ]:
        shorter = round(size / 0.875)
        image = transforms.Compose([transforms.Resize(shorter), transforms.CenterCrop(size)])(picture(width, height))
        cases.append({
            "width": width, "height": height, "size": size,
            "crc": zlib.crc32(planes(image)), "first": image.getpixel((0, 0)),
        })
    return cases


class Draws:
    """Stands for torch within torchvision's transforms: its draws are the given ones."""

    exp, log, tensor = torch.exp, torch.log, torch.tensor

    def __init__(self, draws):
        self.draws = iter(draws)
        self.used = 0

    def next(self):
        self.used += 1
        return next(self.draws)

    def empty(self, _):
        return self

    def uniform_(self, low, high):
        low, high = float(low), float(high)
        return torch.tensor(low + self.next() * (high - low), dtype=torch.float64)

    def randint(self, low, high, size):
        return torch.tensor(int(low + self.next() * (high - low)))


def crops():
    generator = torch.Generator().manual_seed(5)
    cases = []
    sizes = [(500, 375), (375, 500), (224, 224), (1, 1), (60, 40), (900, 100), (100, 900), (500, 333), (64, 47)]
    for i in range(36):
        width, height = sizes[i % len(sizes)]
        draws = [round(u, 6) for u in torch.rand(24, generator=generator, dtype=torch.float64).tolist()]
        fake = Draws(draws)
        transforms.transforms.torch = fake
        top, left, h, w = transforms.RandomResizedCrop.get_params(
            Image.new("L", (width, height)), (0.08, 1.0), (3.0 / 4.0, 4.0 / 3.0))
        transforms.transforms.torch = torch
        cases.append({
            "width": width, "height": height, "draws": draws[: fake.used],
            "left": left, "top": top, "w": w, "h": h,
        })
    return cases


def files():
    cases = []
    for mode, colour in [
        ("L", 77), ("CMYK", (0, 0, 0, 0)), ("CMYK", (255, 0, 0, 0)), ("CMYK", (0, 128, 255, 0)),
        ("CMYK", (0, 0, 0, 255)), ("CMYK", (10, 20, 30, 128)),
    ]:
        out = io.BytesIO()
        Image.new(mode, (16, 8), colour).save(out, "JPEG", quality=100, subsampling=0)
        cases.append({"mode": mode, "colour": colour, "file": base64.b64encode(out.getvalue()).decode()})
    return cases


def decoded(data):
    files = {}
    names = [f"imagenet-odd/{name}" for name in sorted(os.listdir(f"{data}/imagenet-odd"))]
    names += [os.path.relpath(f, data) for f in sorted(glob.glob(f"{data}/imagenet/train/*/*_0*.JPEG"))[:2]]
    names += [os.path.relpath(f, data) for f in sorted(glob.glob(f"{data}/imagenet-fullsize/*/*.JPEG"))[::4]]
    for name in names:
        try:
            image = ImageOps.exif_transpose(Image.open(f"{data}/{name}")).convert("RGB")
        except Exception:
            files[name] = None
            continue
        width, height = image.size
        points = [[x * (width - 1) // 6, y * (height - 1) // 6] for y in range(7) for x in range(7)]
        files[name] = {
            "size": image.size,
            "pixels": [point + list(image.getpixel(tuple(point))) for point in points],
        }
    return files


def dump(value):
    """One line for each case."""
    parts = []
    for key, cases in value.items():
        if isinstance(cases, dict):
            lines = [f"  {json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items()]
            parts.append(f'"{key}": {{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{key}": [\n' + ",\n".join("  " + json.dumps(case) for case in cases) + "\n]")
    return "{" + ",\n".join(parts) + "}\n"


fixture = {
    "resized": resized(),
    "centre": centre(),
    "crops": crops(),
    "files": files(),
    "decoded": decoded(sys.argv[1]),
}
with open("pillow.json", "w") as out:
    out.write(dump(fixture))
