"""Photos by Pillow and, where a file of weights is given, features by PyTorch, as their documentation has it.

Stays, reads a line of JSON with a piece of work, does it, answers with a line:
  {"photos": [paths]}                  decodes, resizes and crops them; with weights also their features
  {"count": images, "batch": images}   features of pixels that are ready
"""
import argparse
import json
import sys

import numpy as np
import PIL
from PIL import Image


def prepare(path, size):
    """The shorter side to the input's, then the square in the middle."""
    with Image.open(path) as image:
        image = image.convert("RGB")
        scale = size / min(image.size)
        image = image.resize((max(size, round(image.width * scale)), max(size, round(image.height * scale))), Image.BILINEAR)
        left, top = (image.width - size) // 2, (image.height - size) // 2
        return np.asarray(image.crop((left, top, left + size, top + size)))


class Network:
    def __init__(self, weights, layer):
        import torch
        from vgg_weights import build, read_weights

        self.torch = torch
        tensors = read_weights(weights)
        self.convolutions = build(tensors).eval()
        self.dense = None
        if layer == "fc7":
            self.dense = torch.nn.Sequential(
                torch.nn.Linear(25088, 4096), torch.nn.ReLU(), torch.nn.Linear(4096, 4096), torch.nn.ReLU()).eval()
            self.dense.load_state_dict({
                f"{place}.{kind}": tensors[f"classifier.{number}.{kind}"]
                for place, number in ((0, 0), (2, 3)) for kind in ("weight", "bias")})

    def run(self, pixels):
        torch = self.torch
        with torch.no_grad():
            bgr = torch.from_numpy(np.ascontiguousarray(pixels[:, :, :, ::-1].transpose(0, 3, 1, 2), np.float32))
            maps = self.convolutions(bgr - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1))
            return self.dense(maps.flatten(1)) if self.dense else maps.mean((2, 3))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights")
    parser.add_argument("--layer", choices=["fc7", "block5"])
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()
    network = Network(options.weights, options.layer) if options.weights else None
    print(json.dumps({"pillow": PIL.__version__, "torch": network and network.torch.__version__}), flush=True)
    for line in sys.stdin:
        work = json.loads(line)
        first = None
        if "photos" in work:
            photos = work["photos"]
            for i in range(0, len(photos), options.batch):
                pixels = np.stack([prepare(path, options.size) for path in photos[i:i + options.batch]])
                if network:
                    features = network.run(pixels)
                    first = features[0].tolist() if first is None else first
        else:
            pixels = np.random.default_rng(1).integers(0, 256, (work["batch"], options.size, options.size, 3), np.uint8)
            for _ in range(0, work["count"], work["batch"]):
                network.run(pixels)
        print(json.dumps({"first": first}), flush=True)


main()
