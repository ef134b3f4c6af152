"""Fine-tunes block 5 of VGG16 as the benchmark 'finetuning' does, in PyTorch as its documentation has it.

Frozen: blocks 1 to 4, whose outputs are computed once for each picture and its mirror. Trained: block 5, global average,
dropout, and a dense layer that begins as scikit-learn's logistic regression on the frozen features. AdamW, one cycle.
Prints one JSON line: accuracies and seconds.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

sys.path.append(str(Path(__file__).parent.parent / "Peers"))
from vgg_weights import build, read_weights  # noqa: E402

FROZEN_LAYERS = 24  # features.0 to features.23: up to block4_pool


def read_pictures(folder, size):
    classes = sorted(path.name for path in Path(folder).iterdir())
    pictures, labels = [], []
    for index, name in enumerate(classes):
        for path in sorted((Path(folder) / name).iterdir()):
            rgb = np.asarray(Image.open(path).convert("RGB").resize((size, size), Image.BILINEAR), np.float32)
            pictures.append(rgb[:, :, ::-1] - np.array([103.939, 116.779, 123.68], np.float32))
            labels.append(index)
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


@torch.no_grad()
def run(network, inputs, batch=32):
    return torch.cat([network(inputs[i:i + batch]) for i in range(0, len(inputs), batch)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("training")
    parser.add_argument("test")
    parser.add_argument("weights")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    begin = time.perf_counter()
    network = build(read_weights(options.weights))
    frozen, trained = network[:FROZEN_LAYERS], network[FROZEN_LAYERS:]
    x, y = read_pictures(options.training, options.size)
    test_x, test_y = read_pictures(options.test, options.size)
    maps = torch.stack([run(frozen, x), run(frozen, x.flip(3))])
    test_maps = [run(frozen, test_x), run(frozen, test_x.flip(3))]
    pool = nn.Sequential(trained, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    frozen_seconds = time.perf_counter() - begin

    features = run(pool, maps[0]).numpy()
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(C=0.01, max_iter=1000).fit(scaler.transform(features), y.numpy())
    dense = nn.Linear(512, len(regression.classes_))
    weight = regression.coef_ / scaler.scale_
    dense.weight.data = torch.tensor(weight, dtype=torch.float32)
    dense.bias.data = torch.tensor(regression.intercept_ - weight @ scaler.mean_, dtype=torch.float32)
    model = nn.Sequential(pool, nn.Dropout(0.3), dense)

    def judge():
        model.eval()
        plain, mirror = (run(model, part).softmax(1) for part in test_maps)
        return float((plain.argmax(1) == test_y).float().mean()), float(((plain + mirror).argmax(1) == test_y).float().mean())

    frozen_accuracy, _ = judge()
    steps = options.epochs * ((len(x) + options.batch - 1) // options.batch)
    optimizer = torch.optim.AdamW([{"params": trained.parameters(), "lr": 1e-4}, {"params": dense.parameters(), "lr": 1e-3}], weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [1e-4, 1e-3], total_steps=steps, cycle_momentum=False)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    begin = time.perf_counter()
    for _ in range(options.epochs):
        model.train()
        for rows in torch.randperm(len(x)).split(options.batch):
            optimizer.zero_grad()
            mirrored = torch.randint(0, 2, (len(rows),))
            loss_of(model(maps[mirrored, rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
    training_seconds = time.perf_counter() - begin
    accuracy, mirrored_accuracy = judge()
    print(json.dumps({
        "frozen": frozen_accuracy, "accuracy": accuracy, "mirrored": mirrored_accuracy,
        "frozen_seconds": frozen_seconds, "training_seconds": training_seconds,
    }))


if __name__ == "__main__":
    main()
