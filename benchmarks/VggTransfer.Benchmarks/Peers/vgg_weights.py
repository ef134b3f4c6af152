"""VGG16's convolutions in PyTorch, from a safetensors file."""
import json
import struct

import numpy as np
import torch
from torch import nn

WIDTHS = [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]


def read_weights(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    types = {"F32": np.float32, "F16": np.float16}
    return {
        name: torch.from_numpy(np.frombuffer(data, types[entry["dtype"]], offset=entry["data_offsets"][0], count=int(np.prod(entry["shape"]))).reshape(entry["shape"]).astype(np.float32))
        for name, entry in header.items() if name != "__metadata__"
    }


def build(weights):
    layers, width = [], 3
    for filters in WIDTHS:
        if filters == 0:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(width, filters, 3, padding=1), nn.ReLU()]
        width = filters
    network = nn.Sequential(*layers)
    network.load_state_dict({name[len("features."):]: value for name, value in weights.items() if name.startswith("features.")})
    return network
