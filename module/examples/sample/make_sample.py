"""Draws the sample's images and trains its network: python3 make_sample.py (numpy, Pillow, torch, onnx).

Eight shapes on noisy backgrounds, 64x64 RGB. The network is a small CNN with depthwise convolutions and a residual block; batch
normalization is left in the file, as exporters of training frameworks do.
"""
import math
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw
from torch import nn

LABELS = ["circle", "cross", "diamond", "hexagon", "ring", "square", "star", "triangle"]
MEAN = np.array([118.0, 114.0, 110.0], np.float32)
STD = np.array([58.0, 57.0, 59.0], np.float32)
SIZE = 64
HERE = os.path.dirname(os.path.abspath(__file__))


def corners(count, radius, turn, inner=None):
    """Corners of a regular polygon, or of a star with an inner radius."""
    steps = count if inner is None else 2 * count
    for i in range(steps):
        r = radius if inner is None or i % 2 == 0 else inner
        a = turn + 2 * math.pi * i / steps
        yield r * math.cos(a), r * math.sin(a)


def draw(label, rng):
    """One image of a shape, four times enlarged while drawing so that its edges are smooth."""
    k = 4
    background = rng.integers(20, 236, 3)
    colour = rng.integers(20, 236, 3)
    while np.abs(colour - background).sum() < 70:
        colour = rng.integers(20, 236, 3)
    image = Image.new("RGB", (SIZE * k, SIZE * k), tuple(int(v) for v in background))
    pen = ImageDraw.Draw(image)
    radius = rng.uniform(11, 25) * k
    x, y = rng.uniform(24, SIZE - 24, 2) * k
    turn = rng.uniform(0, 2 * math.pi)
    fill = tuple(int(v) for v in colour)

    def polygon(points):
        pen.polygon([(x + a, y + b) for a, b in points], fill=fill)

    if label in ("circle", "ring"):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)
        if label == "ring":
            r = radius * rng.uniform(0.45, 0.65)
            pen.ellipse([x - r, y - r, x + r, y + r], fill=tuple(int(v) for v in background))
    elif label == "cross":
        w = radius * rng.uniform(0.22, 0.34)
        c, s = math.cos(turn), math.sin(turn)
        for bar in (((-radius, -w), (radius, -w), (radius, w), (-radius, w)), ((-w, -radius), (w, -radius), (w, radius), (-w, radius))):
            polygon([(a * c - b * s, a * s + b * c) for a, b in bar])
    elif label == "diamond":
        flat = rng.uniform(0.45, 0.6)
        c, s = math.cos(turn), math.sin(turn)
        polygon([(a * c - b * s, a * s + b * c) for a, b in ((radius, 0), (0, radius * flat), (-radius, 0), (0, -radius * flat))])
    elif label == "star":
        polygon(corners(5, radius, turn, radius * rng.uniform(0.4, 0.5)))
    else:
        polygon(corners({"hexagon": 6, "square": 4, "triangle": 3}[label], radius, turn))
    pixels = np.asarray(image.resize((SIZE, SIZE), Image.BOX), np.float32)
    pixels = pixels + rng.normal(0, rng.uniform(4, 26), pixels.shape)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def batch(count, rng):
    classes = rng.integers(0, len(LABELS), count)
    return np.stack([draw(LABELS[c], rng) for c in classes]), classes


class Separable(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.dw = nn.Conv2d(i, i, 3, stride, 1, groups=i, bias=False)
        self.dwn = nn.BatchNorm2d(i)
        self.pw = nn.Conv2d(i, o, 1, bias=False)
        self.pwn = nn.BatchNorm2d(o)

    def forward(self, x):
        x = torch.relu(self.dwn(self.dw(x)))
        return torch.relu(self.pwn(self.pw(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1, bias=False)
        self.stemn = nn.BatchNorm2d(16)
        self.blocks = nn.ModuleList([Separable(16, 32, 2), Separable(32, 64, 2), Separable(64, 64, 1), Separable(64, 128, 2)])
        self.fc = nn.Linear(128, len(LABELS))

    def forward(self, x):
        x = torch.relu(self.stemn(self.stem(x)))
        for block in self.blocks:
            y = block(x)
            x = x + y if y.shape == x.shape else y
        return self.fc(x.mean((2, 3)))


def normalized(images):
    return torch.from_numpy(((images.astype(np.float32) - MEAN) / STD).transpose(0, 3, 1, 2).copy())


def train(steps, rng):
    net = Net()
    images, classes = batch(12000, rng)
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, steps)
    for step in range(steps):
        pick = rng.integers(0, len(images), 128)
        x = normalized(images[pick])
        if rng.random() < 0.5:
            x = torch.flip(x, (3,))
        loss = nn.functional.cross_entropy(net(x), torch.from_numpy(classes[pick]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 200 == 0:
            print(step, float(loss), flush=True)
    return net.eval()


def export(net, path):
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(value.detach().numpy(), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def convolution(x, name, conv, norm):
        y = node("Conv", [x, constant(name + ".weight", conv.weight)], name, kernel_shape=conv.kernel_size, strides=conv.stride,
                 pads=list(conv.padding) * 2, group=conv.groups)
        parts = [constant(f"{name}.{p}", v) for p, v in
                 (("scale", norm.weight), ("shift", norm.bias), ("mean", norm.running_mean), ("var", norm.running_var))]
        return node("Relu", [node("BatchNormalization", [y, *parts], name + "_norm", epsilon=norm.eps)], name + "_relu")

    x = convolution("image", "stem", net.stem, net.stemn)
    for i, block in enumerate(net.blocks):
        y = convolution(convolution(x, f"dw{i}", block.dw, block.dwn), f"pw{i}", block.pw, block.pwn)
        same = block.pw.in_channels == block.pw.out_channels and block.dw.stride == (1, 1)
        x = node("Add", [x, y], f"add{i}") if same else y
    x = node("Flatten", [node("GlobalAveragePool", [x], "pool")], "features")
    node("Gemm", [x, constant("fc.weight", net.fc.weight), constant("fc.bias", net.fc.bias)], "logits", transB=1)
    graph = helper.make_graph(
        nodes, "shapes",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(LABELS)])], constants)
    model = helper.make_model(graph, producer_name="make_sample.py", opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def save(folder, count, rng):
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    images = []
    for i in range(count):
        label = LABELS[i % len(LABELS)]
        image = draw(label, rng)
        Image.fromarray(image).save(os.path.join(HERE, folder, f"{label}_{i // len(LABELS):02d}.png"), optimize=True)
        images.append(image)
    return np.stack(images), np.arange(count) % len(LABELS)


def main():
    torch.manual_seed(5)
    torch.set_num_threads(2)
    net = train(2400, np.random.default_rng(5))
    export(net, os.path.join(HERE, "shapes.onnx"))
    save("calibration", 32, np.random.default_rng(6))
    images, classes = save("evaluation", 80, np.random.default_rng(7))
    with open(os.path.join(HERE, "labels.txt"), "w", encoding="ascii") as file:
        file.write("\n".join(LABELS) + "\n")
    with torch.no_grad():
        print("evaluation", (net(normalized(images)).argmax(1).numpy() == classes).mean())


if __name__ == "__main__":
    main()
