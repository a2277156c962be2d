"""A safetensors file as other programs write it, put together by hand from the format's description.

Writes foreign.safetensors and, as torch converts the same bytes, foreign.json. Needs torch.
"""
import json
import struct
import sys

import torch

HALVES = [0x0000, 0x8000, 0x3C00, 0xC000, 0x0001, 0x03FF, 0x7BFF, 0x7C00, 0xFC00, 0x3555]
BRAINS = [0x0000, 0x8000, 0x3F80, 0xC000, 0x0001, 0x7F7F, 0x7F80, 0xFF80, 0x3EAB, 0x0080]
TENSORS = {
    # name: (dtype, shape, bytes); the odd sizes put what follows at odd addresses
    "flags": ("BOOL", [3], bytes([1, 0, 1])),
    "half": ("F16", [2, 5], struct.pack("<10H", *HALVES)),
    "brain": ("BF16", [10], struct.pack("<10H", *BRAINS)),
    "double": ("F64", [2], struct.pack("<2d", 0.1, -1e300)),
    "num_batches_tracked": ("I64", [], struct.pack("<q", 123456)),
    "large": ("I64", [2], struct.pack("<2q", 1 << 40, -5)),
    "single": ("F32", [1, 3], struct.pack("<3f", 1.5, -0.0, 3e38)),
    "ints": ("I32", [2], struct.pack("<2i", -7, 2**31 - 1)),
    "bytes": ("U8", [2], bytes([0, 255])),
    "none": ("F32", [0, 4], b""),
    "shorts": ("I16", [1], struct.pack("<h", -1)),
    "future": ("F3_E1M1", [5], b"\x01\x02"),
    "nine": ("F32", [1] * 9, struct.pack("<f", 2.0)),
}


def main(folder):
    header = {"__metadata__": {"format": "pt", "schön": "☃"}}
    data = b""
    for name, (dtype, shape, raw) in TENSORS.items():
        header[name] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, ensure_ascii=False).encode()
    with open(folder + "/foreign.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + data)

    def bits(name, dtype):
        raw = torch.frombuffer(bytearray(TENSORS[name][2]), dtype=dtype)
        return raw.to(torch.float32).view(torch.int32).tolist()

    with open(folder + "/foreign.json", "w") as out:
        json.dump({"half": bits("half", torch.float16), "brain": bits("brain", torch.bfloat16)}, out)
        out.write("\n")


main(sys.argv[1])
