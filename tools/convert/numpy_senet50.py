#!/usr/bin/env python3
"""SENet50 forward in plain numpy, straight from a Keras 2 weights file.

    python3 tools/convert/numpy_senet50.py WEIGHTS.h5 INPUT.npy [--out OUTPUT.npy]

For tests: the second opinion on the converter. It shares nothing with the converter but the virtual
environment: it reads the file itself, keeps Keras's channels-last order, and leaves the batch norms
unfolded. INPUT.npy holds 1x224x224x3 (or 224x224x3) blue, green, red less their means.
Written from rcmalli/keras-vggface, keras_vggface/models.py.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.dont_write_bytecode = True

from environment import enter_environment
from failures import INTERNAL, CannotWork

if TYPE_CHECKING:
    import numpy as np


class NumpySenet50:
    """The network with the weights of one file; maps are height x width x channels."""

    def __init__(self, path: Path) -> None:
        import h5py
        import numpy

        self.np = numpy
        self.weights: dict[str, dict[str, np.ndarray]] = {}
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            for layer in root.attrs["layer_names"]:
                name = layer.decode() if isinstance(layer, bytes) else layer
                for weight in root[name].attrs["weight_names"]:
                    key = weight.decode() if isinstance(weight, bytes) else weight
                    role = key.split("/")[-1].split(":")[0]
                    self.weights.setdefault(name, {})[role] = root[name][key][()]

    def windows(self, x: np.ndarray, size: int, stride: int) -> np.ndarray:
        """All windows of a map: rows x columns x channels x size x size."""
        view = self.np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1))
        return view[::stride, ::stride]

    def convolve(self, x: np.ndarray, name: str, stride: int = 1, same: bool = False) -> np.ndarray:
        """A convolution layer."""
        kernel = self.weights[name]["kernel"]
        size, _, inputs, outputs = kernel.shape
        if same:
            pads = []
            for length in x.shape[:2]:
                need = max(((length + stride - 1) // stride - 1) * stride + size - length, 0)
                pads.append((need // 2, need - need // 2))
            x = self.np.pad(x, (*pads, (0, 0)))
        view = self.windows(x, size, stride)
        rows, columns = view.shape[:2]
        flat = view.reshape(rows * columns, inputs * size * size)
        y = flat @ kernel.transpose(2, 0, 1, 3).reshape(-1, outputs)
        y = y.reshape(rows, columns, outputs)
        return y + self.weights[name]["bias"] if "bias" in self.weights[name] else y

    def normalize(self, x: np.ndarray, name: str) -> np.ndarray:
        """A batch-norm layer at inference."""
        w = self.weights[name]
        deviation = self.np.sqrt(w["moving_variance"] + 0.0001)
        return (x - w["moving_mean"]) / deviation * w["gamma"] + w["beta"]

    def unit(self, x: np.ndarray, name: str, stride: int = 1, same: bool = False) -> np.ndarray:
        """Convolution and batch norm."""
        return self.normalize(self.convolve(x, name, stride, same), f"{name}/bn")

    def relu(self, x: np.ndarray) -> np.ndarray:
        """max(x, 0)."""
        return self.np.maximum(x, 0)

    def residual(self, x: np.ndarray, name: str, stride: int) -> np.ndarray:
        """One block."""
        y = self.relu(self.unit(x, f"{name}_1x1_reduce", stride))
        y = self.relu(self.unit(y, f"{name}_3x3", same=True))
        y = self.unit(y, f"{name}_1x1_increase")
        squeezed = y.mean(axis=(0, 1), keepdims=True)
        squeezed = self.relu(self.convolve(squeezed, f"{name}_1x1_down"))
        gate = 1 / (1 + self.np.exp(-self.convolve(squeezed, f"{name}_1x1_up")))
        projection = f"{name}_1x1_proj"
        shortcut = self.unit(x, projection, stride) if projection in self.weights else x
        return self.relu(y * gate + shortcut)

    def embed(self, x: np.ndarray) -> np.ndarray:
        """The 2048 values for one input of 224x224x3."""
        y = self.relu(self.unit(x, "conv1/7x7_s2", 2, same=True))
        y = self.windows(y, 3, 2).max(axis=(3, 4))
        for stage, count in {2: 3, 3: 4, 4: 6, 5: 3}.items():
            for number in range(1, count + 1):
                y = self.residual(y, f"conv{stage}_{number}", 2 if stage > 2 and number == 1 else 1)
        return y.mean(axis=(0, 1))


def main(arguments: list[str]) -> int:
    """Runs the tool; returns the exit code."""
    parser = argparse.ArgumentParser(description="The 2048 values of SENet50, computed in numpy.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("input", type=Path, help="a .npy file, 1x224x224x3, BGR less the means")
    parser.add_argument("--out", type=Path, help="write a .npy file instead of printing JSON")
    options = parser.parse_args(arguments)
    try:
        enter_environment(__file__, arguments)
    except CannotWork as error:
        print(f"error: {error}", file=sys.stderr)
        return INTERNAL
    import numpy as np

    x = np.load(options.input).astype(np.float32).reshape(224, 224, 3)
    embedding = NumpySenet50(options.weights).embed(x)
    if options.out is None:
        print(json.dumps([float(value) for value in embedding]))
    else:
        np.save(options.out, embedding)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
