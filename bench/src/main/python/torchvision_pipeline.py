"""Prints what torchvision with Pillow spends on an image: python3 torchvision_pipeline.py FOLDER PASSES

FOLDER has a folder for each class. Each line is the milliseconds of processor time per image of one
pass over all images: the file opened, decoded, cropped at random, mirrored, normalised. In one thread.
"""

import sys
import time

import PIL
import torch
import torchvision
from torchvision import datasets, transforms

torch.set_num_threads(1)
images = datasets.ImageFolder(
    sys.argv[1],
    transforms.Compose([
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]),
)
print(f"torchvision {torchvision.__version__}, Pillow {PIL.__version__}")
for _ in range(int(sys.argv[2])):
    start = time.process_time()
    for i in range(len(images)):
        images[i]
    print((time.process_time() - start) * 1000 / len(images), flush=True)
