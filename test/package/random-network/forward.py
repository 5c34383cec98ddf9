"""The forward pass of a network in numpy, and from its output to faces as the original Python does it."""

from __future__ import annotations

import math

import numpy as np

from network import HEIGHT, WIDTH, Layer, Network

MIN_BOXES = ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256))
STRIDES = (8, 16, 32, 64)
CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2


def conv(x: np.ndarray, layer: Layer) -> np.ndarray:
    out, inside, kernel, _ = layer.weight.shape
    pad, step, spread = layer.pad, layer.stride, layer.dilation
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    reach = spread * (kernel - 1) + 1
    rows = (padded.shape[1] - reach) // step + 1
    columns = (padded.shape[2] - reach) // step + 1
    weight = layer.weight.reshape(layer.groups, out // layer.groups, inside, kernel, kernel).astype(np.float64)
    total = np.zeros((layer.groups, out // layer.groups, rows, columns))
    for i in range(kernel):
        for j in range(kernel):
            part = padded[:, i * spread :: step, j * spread :: step][:, :rows, :columns]
            part = part.reshape(layer.groups, inside, rows, columns)
            total += np.einsum("goc,gcyx->goyx", weight[..., i, j], part)
    return total.reshape(out, rows, columns) + layer.bias.astype(np.float64)[:, None, None]


def step(layer: Layer, inputs: list[np.ndarray]) -> np.ndarray:
    x = inputs[0]
    if layer.kind == "conv":
        return conv(x, layer)
    if layer.kind == "relu":
        return np.maximum(x, 0)
    if layer.kind == "add":
        return x + inputs[1]
    if layer.kind in ("concat", "join"):
        return np.concatenate(inputs, axis=0)
    if layer.kind == "rows":
        return x.transpose(1, 2, 0).reshape(-1, layer.values)
    if layer.kind == "softmax":
        grown = np.exp(x - x.max(axis=1, keepdims=True))
        return grown / grown.sum(axis=1, keepdims=True)
    raise ValueError(layer.kind)


def forward(network: Network, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N x 2) and raw boxes (N x 4) of an RGB picture of the input's size."""
    values = {"input": (picture.astype(np.float64).transpose(2, 0, 1) - 127) / 128}
    for layer in network.layers:
        values[layer.output] = step(layer, [values[name] for name in layer.inputs])
    return values["scores"], values["boxes"]


def priors() -> np.ndarray:
    """Centre and size of each prior, as parts of the picture."""
    rows = []
    for stride, sizes in zip(STRIDES, MIN_BOXES):
        across, down = math.ceil(WIDTH / stride), math.ceil(HEIGHT / stride)
        for j in range(down):
            for i in range(across):
                for size in sizes:
                    rows.append(
                        [(i + 0.5) / (WIDTH / stride), (j + 0.5) / (HEIGHT / stride), size / WIDTH, size / HEIGHT]
                    )
    return np.clip(np.array(rows), 0, 1)


def corners(boxes: np.ndarray) -> np.ndarray:
    at = priors()
    centre = boxes[:, :2] * CENTRE_VARIANCE * at[:, 2:] + at[:, :2]
    half = np.exp(boxes[:, 2:] * SIZE_VARIANCE) * at[:, 2:] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def iou(a: np.ndarray, others: np.ndarray) -> np.ndarray:
    size = np.clip(np.minimum(a[2:], others[:, 2:]) - np.maximum(a[:2], others[:, :2]), 0, None)
    area = lambda box: np.prod(box[..., 2:] - box[..., :2], axis=-1)  # noqa: E731
    overlap = np.prod(size, axis=1)
    return overlap / (area(a) + area(others) - overlap + 1e-5)


def faces(scores: np.ndarray, boxes: np.ndarray, threshold: float, most_iou: float) -> tuple[np.ndarray, float]:
    """The faces (corners in pixels, score), best first; and how near the closest decision was."""
    chance = scores[:, 1]
    margin = np.abs(chance - threshold).min()
    left = sorted(np.flatnonzero(chance > threshold), key=lambda i: -chance[i])
    margin = min([margin, *(chance[a] - chance[b] for a, b in zip(left, left[1:]))])
    at, found = corners(boxes), []
    while left:
        best, left = left[0], left[1:]
        found.append([*(at[best] * [WIDTH, HEIGHT, WIDTH, HEIGHT]), chance[best]])
        if left:
            overlap = iou(at[best], at[left])
            margin = min(margin, np.abs(overlap - most_iou).min())
            left = [i for i, far in zip(left, overlap <= most_iou) if far]
    return np.array(found), float(margin)
