"""Fine-tunes block 5 of VGG16 as the benchmark 'finetuning-peer' has VggTransfer do it, in PyTorch as its documentation has it.

Frozen: blocks 1 to 4, whose outputs are computed once for each picture and its mirror. Trained: block 5, global average, fixed
standardisation, dropout, and a dense layer. Head, order and mirrors come from VggTransfer. AdamW, one cycle.
Prints one JSON line: accuracies, the losses of each epoch, seconds.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

sys.path.append(str(Path(__file__).parent.parent / "Peers"))
from vgg_weights import build, read_weights  # noqa: E402

FROZEN_LAYERS = 24  # features.0 to features.23: up to block4_pool


class Standardisation(nn.Module):
    def __init__(self, means, scales):
        super().__init__()
        self.means, self.scales = torch.tensor(means), torch.tensor(scales)

    def forward(self, features):
        return (features - self.means) * self.scales


def read_pictures(folder):
    classes = sorted(path.name for path in Path(folder).iterdir())
    pictures, labels = [], []
    for index, name in enumerate(classes):
        for path in sorted((Path(folder) / name).iterdir()):
            rgb = np.asarray(Image.open(path).convert("RGB"), np.float32)
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
    parser.add_argument("recipe")
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    recipe = json.loads(Path(options.recipe).read_text())
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    begin, processor = time.perf_counter(), time.process_time()
    network = build(read_weights(options.weights))
    frozen, trained = network[:FROZEN_LAYERS], network[FROZEN_LAYERS:]
    x, y = read_pictures(options.training)
    test_x, test_y = read_pictures(options.test)
    assert x.shape[2:] == test_x.shape[2:] == (options.size, options.size)

    # As VggTransfer keeps them: all pictures, and behind them their mirrors.
    maps = torch.cat([run(frozen, x), run(frozen, x.flip(3))])
    test_maps = [run(frozen, test_x), run(frozen, test_x.flip(3))]
    dense = nn.Linear(len(recipe["Means"]), len(recipe["Biases"]))
    dense.weight.data = torch.tensor(recipe["Weights"])
    dense.bias.data = torch.tensor(recipe["Biases"])
    model = nn.Sequential(
        trained, nn.AdaptiveAvgPool2d(1), nn.Flatten(), Standardisation(recipe["Means"], recipe["Scales"]), nn.Dropout(recipe["Dropout"]), dense)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe["LabelSmoothing"])

    def test_loss():
        model.eval()
        return float(loss_of(run(model, test_maps[0]), test_y))

    def judge():
        model.eval()
        plain, mirror = (run(model, part).softmax(1) for part in test_maps)
        return float((plain.argmax(1) == test_y).float().mean()), float(((plain + mirror).argmax(1) == test_y).float().mean())

    def group(parameters, rate, decays):
        return {"params": parameters, "lr": rate, "weight_decay": recipe["WeightDecay"] if decays else 0}

    frozen_accuracy, _ = judge()
    head_rate, block_rate = recipe["LearningRate"], recipe["BackboneLearningRate"]
    groups = [
        group([value for name, value in trained.named_parameters() if name.endswith("weight")], block_rate, True),
        group([value for name, value in trained.named_parameters() if name.endswith("bias")], block_rate, False),
        group([dense.weight], head_rate, True),
        group([dense.bias], head_rate, False),
    ]
    batches = [torch.tensor(rows).split(recipe["BatchSize"]) for rows in recipe["Passes"]]
    optimizer = torch.optim.AdamW(groups, eps=1e-7)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [each["lr"] for each in groups], total_steps=sum(map(len, batches)), cycle_momentum=False)
    losses, test_losses = [], []
    for epoch in batches:
        model.train()
        total = 0.0
        for rows in epoch:
            optimizer.zero_grad()
            loss = loss_of(model(maps[rows]), y[rows % len(x)])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss) * len(rows)
        losses.append(total / len(x))
        test_losses.append(test_loss())
    accuracy, mirrored_accuracy = judge()
    print(json.dumps({
        "version": torch.__version__, "frozen": frozen_accuracy, "accuracy": accuracy, "mirrored": mirrored_accuracy,
        "losses": losses, "test_losses": test_losses, "seconds": time.perf_counter() - begin,
        "processor_seconds": time.process_time() - processor,
    }))


if __name__ == "__main__":
    main()
