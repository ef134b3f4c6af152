"""One way of training beside those of the benchmark 'training': PyTorch as its documentation has it.

Prints the median, the least and the greatest seconds of a step, and the peak memory in bytes.
"""
import argparse
import resource
import time

import torch
from torch import nn

SIDE, CLASSES, WARM_UP = 32, 10, 2
NETWORKS = {
    "notebook": ([64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512], 4096, False),
    "narrow": ([16, 16, 0, 32, 32, 0, 64, 64, 64, 0, 128, 128, 128, 0, 128, 128, 128], 256, True),
}


def build(channels, units, normalized):
    layers, width, side = [], 3, SIDE
    for filters in channels:
        if filters == 0:
            layers.append(nn.MaxPool2d(2))
            side //= 2
            continue
        layers.append(nn.Conv2d(width, filters, 3, padding=1, bias=not normalized))
        if normalized:
            layers.append(nn.BatchNorm2d(filters))
        layers.append(nn.ReLU())
        width = filters
    layers.append(nn.Flatten())
    width *= side * side
    for _ in range(2):
        layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(0.5)]
        width = units
    layers.append(nn.Linear(width, CLASSES))
    return nn.Sequential(*layers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    options = parser.parse_args()
    network = build(*NETWORKS[options.network])
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-3, nesterov=True)
    loss_function = nn.CrossEntropyLoss()
    x = torch.rand(options.batch, 3, SIDE, SIDE)
    y = torch.arange(options.batch) % CLASSES
    seconds = []
    for step in range(-WARM_UP, options.steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = loss_function(network(x), y)
        loss.backward()
        optimizer.step()
        loss.item()
        if step >= 0:
            seconds.append(time.perf_counter() - start)
    seconds.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(seconds[len(seconds) // 2], seconds[0], seconds[-1], peak)


main()
