"""Makes stripes.json: sums and pixels of the synthetic images, by the formula in Stripes.java and Philox 4x32-10 written
down a second time. Needs nothing but Python; it writes beside itself."""

import json
import math
import pathlib

MASK32 = 2**32 - 1
MASK64 = 2**64 - 1
SIDE = 32


def philox(counter, key):
    """Four words of the cipher of Salmon et al. (2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK32, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK32]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


def longs(seed, epoch, lane):
    """The unsigned 64-bit numbers of an example."""
    key = (seed ^ 0x6C6F61646572) & MASK64
    epoch &= MASK64
    block = 0
    while True:
        w = philox((block, lane, epoch & MASK32, epoch >> 32), (key & MASK32, key >> 32))
        yield w[1] << 32 | w[0]
        yield w[3] << 32 | w[2]
        block += 1


def image(seed, part, index):
    numbers = longs(seed, -2**63 + part, index + 1)
    unit = lambda: (next(numbers) >> 11) * 2.0**-53
    around = lambda most: most * (2 * unit() - 1)
    label = index % 10
    side = -1 if unit() < 0.5 else 1
    angle = math.radians(side * (22.5 * (label % 5) + around(5)))
    frequency = 2 * math.pi / (4.5 if label < 5 else 9)
    phase = 2 * math.pi * unit()
    contrast = 30 + 40 * unit()
    colours = [(128 + around(40), around(1)) for _ in range(3)]
    strongest = max(abs(strength) for _, strength in colours)
    noise = []
    for _ in range(3 * SIDE * SIDE // 8):
        noise += [b - 256 if b > 127 else b for b in next(numbers).to_bytes(8, "little")]
    pixels = []
    for base, strength in colours:
        for y in range(SIDE):
            for x in range(SIDE):
                wave = math.cos(frequency * (x * math.cos(angle) + y * math.sin(angle)) + phase)
                value = base + contrast * strength / strongest * wave + 40 * noise[len(pixels)] / 128
                pixels.append(min(255, max(0, math.floor(value + 0.5))))
    return label, pixels


cases = []
for seed, part, index in [(1, 0, 0), (1, 0, 7), (1, 1, 0), (-5, 0, 13), (2**40 + 3, 1, 29)]:
    label, pixels = image(seed, part, index)
    cases.append({"seed": seed, "part": "train test".split()[part], "index": index, "label": label, "pixels": pixels})
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
