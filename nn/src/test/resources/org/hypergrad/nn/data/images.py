"""Makes images.json: batches of uint8 images prepared with PyTorch, as torchvision's RandomCrop(H, padding),
RandomHorizontalFlip, ToTensor and Normalize do it with these draws. Run it with a Python that has PyTorch; it writes
beside itself."""

import json
import pathlib

import torch
import torch.nn.functional as F


def prepared(images, windows, padding, mean, std):
    result = []
    height, width = images.shape[2:]
    for image, (top, left, flip) in zip(images, windows):
        padded = F.pad(image, (padding,) * 4, value=0)
        cropped = padded[:, top + padding:top + padding + height, left + padding:left + padding + width]
        turned = torch.flip(cropped, [-1]) if flip else cropped
        scaled = turned.to(torch.float32) / 255
        result.append((scaled - mean[:, None, None]) / std[:, None, None])
    return torch.stack(result)


def case(shape, padding, windows, mean, std):
    images = torch.randint(0, 256, shape, dtype=torch.uint8)
    result = prepared(images, windows, padding, torch.tensor(mean), torch.tensor(std))
    return {
        "shape": list(shape),
        "images": images.flatten().tolist(),
        "windows": [number for window in windows for number in window],
        "mean": mean,
        "std": std,
        "prepared": result.flatten().tolist(),
    }


torch.manual_seed(5)
COLOUR = ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616])
cases = [
    case((3, 3, 4, 5), 0, [(0, 0, 0)] * 3, *COLOUR),
    case((4, 3, 6, 5), 2, [(-2, 2, 0), (2, -1, 1), (0, 0, 1), (1, 2, 0)], *COLOUR),
    case((2, 1, 3, 7), 1, [(1, 1, 1), (-1, -1, 0)], [0.1307], [0.3081]),
]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
