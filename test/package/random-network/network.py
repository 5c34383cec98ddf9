"""Networks of the shape of RFB-320 and slim-320 with seeded random weights, described once: as a list of
layers that `onnx_file.py` writes down and `forward.py` computes.

The shapes are those of Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB, vision/nn/mb_tiny*.py and
vision/ssd/mb_tiny*_fd.py: backbone, four heads at strides 8, 16, 32 and 64 with 3, 2, 2 and 3 priors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

WIDTH, HEIGHT = 320, 240
PRIORS_OF_MAP = (3, 2, 2, 3)


@dataclass(frozen=True)
class Layer:
    """One operation: conv (bias included), relu, add, concat (of channels), rows, join (of rows), softmax."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    weight: np.ndarray | None = None
    bias: np.ndarray | None = None
    stride: int = 1
    pad: int = 0
    dilation: int = 1
    groups: int = 1
    values: int = 0


@dataclass
class Network:
    """Layers in order, with the random generator that fills them."""

    generator: np.random.Generator
    layers: list[Layer] = field(default_factory=list)

    def add(self, kind: str, *inputs: str, **more) -> str:
        name = more.pop("output", f"t{len(self.layers)}")
        self.layers.append(Layer(kind, inputs, name, **more))
        return name

    def conv(self, source: str, into: int, out: int, kernel: int, *, stride=1, dilation=1, depthwise=False) -> str:
        groups = into if depthwise else 1
        inside = into // groups * kernel * kernel
        weight = self.generator.normal(0, (2 / inside) ** 0.5, (out, into // groups, kernel, kernel))
        return self.add(
            "conv",
            source,
            weight=weight.astype(np.float32),
            bias=self.generator.normal(0, 0.1, out).astype(np.float32),
            stride=stride,
            pad=dilation * (kernel // 2),
            dilation=dilation,
            groups=groups,
        )

    def relu(self, source: str) -> str:
        return self.add("relu", source)

    def separable(self, source: str, into: int, out: int, stride: int = 1) -> str:
        """Depthwise 3x3, then 1x1, each with a ReLU."""
        deep = self.relu(self.conv(source, into, into, 3, stride=stride, depthwise=True))
        return self.relu(self.conv(deep, into, out, 1))

    def receptive_field(self, source: str) -> str:
        """The RFB block: three branches of growing dilation, joined, and a shortcut."""
        branches = []
        for middle, dilation in ((16, 2), (16, 3), (12, 5)):
            branch = self.conv(source, 64, 8, 1)
            branch = self.relu(self.conv(branch, 8, middle, 3))
            if dilation == 5:
                branch = self.relu(self.conv(branch, middle, 16, 3))
            branches.append(self.conv(branch, 16, 16, 3, dilation=dilation))
        joined = self.conv(self.add("concat", *branches), 48, 64, 1)
        return self.relu(self.add("add", joined, self.conv(source, 64, 64, 1)))

    def head(self, source: str, channels: int, priors: int, values: int, last: bool) -> str:
        if last:
            found = self.conv(source, channels, priors * values, 3)
        else:
            deep = self.relu(self.conv(source, channels, channels, 3, depthwise=True))
            found = self.conv(deep, channels, priors * values, 1)
        return self.add("rows", found, values=values)


def build(kind: str, seed: int) -> Network:
    """A network of kind 'rfb' or 'slim'."""
    net = Network(np.random.default_rng(seed))
    x = net.relu(net.conv("input", 3, 16, 3, stride=2))
    for into, out, stride in ((16, 32, 1), (32, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 64, 1)):
        x = net.separable(x, into, out, stride)
    first = net.receptive_field(x) if kind == "rfb" else net.separable(x, 64, 64)
    second = net.separable(net.separable(net.separable(first, 64, 128, 2), 128, 128), 128, 128)
    third = net.separable(net.separable(second, 128, 256, 2), 256, 256)
    small = net.relu(net.conv(third, 256, 64, 1))
    small = net.relu(net.conv(small, 64, 64, 3, stride=2, depthwise=True))
    fourth = net.relu(net.conv(small, 64, 256, 1))
    maps = ((first, 64), (second, 128), (third, 256), (fourth, 256))
    scores, boxes = [], []
    for i, ((source, channels), priors) in enumerate(zip(maps, PRIORS_OF_MAP)):
        scores.append(net.head(source, channels, priors, 2, i == 3))
        boxes.append(net.head(source, channels, priors, 4, i == 3))
    net.add("softmax", net.add("join", *scores), output="scores")
    net.add("join", *boxes, output="boxes")
    return net
