#!/usr/bin/env python3
"""Writes a Keras weights file of SENet50 with random weights and the layer names of keras-vggface.

    python3 tools/convert/random_senet50.py FILE.h5 [--seed N] [--layout LAYOUT]

For tests. It knows nothing of the converter's own description of the network (architecture.py), so
that a mistake there is noticed; names, shapes and order are those that Keras writes for
rcmalli/keras-vggface, keras_vggface/models.py.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

sys.dont_write_bytecode = True

from environment import enter_environment
from failures import INTERNAL, CannotWork

LAYOUTS = ("keras2", "keras2-model", "keras3", "keras3-unnamed")
PIXEL_SPREAD = 70

if TYPE_CHECKING:
    import numpy as np

    # A layer: its name, its kind and its weights by role.
    Layer = tuple[str, str, dict[str, np.ndarray]]


def random_layers(seed: int) -> Iterator[Layer]:
    """The 138 layers with weights, in Keras's order.

    Values must stay of one size through fifty layers, as in a trained network: where they grow, the
    gates become switches, and then any two correct programs differ. So the kernels have a little
    less than He's variance, the first also undoes the size of pixels, and each filter sums to zero:
    without that the mean of its inputs, which all pictures share, would drown the rest. The batch
    norms are far from doing nothing, so that a mistake in folding them shows.
    """
    import numpy as np

    generator = np.random.default_rng(seed)

    def convolution(name: str, size: int, inputs: int, outputs: int, biased: bool = False) -> Layer:
        spread = (1.45 / (size * size * inputs)) ** 0.5 / (PIXEL_SPREAD if inputs == 3 else 1)
        kernel = generator.normal(0, spread, (size, size, inputs, outputs))
        values = {"kernel": kernel - kernel.mean(axis=(0, 1, 2))}
        if biased:
            values["bias"] = generator.normal(0, 0.5, outputs)
        return name, "conv2d", {role: value.astype(np.float32) for role, value in values.items()}

    def norm(name: str, channels: int) -> Layer:
        values = {
            "gamma": generator.uniform(0.5, 1.5, channels),
            "beta": generator.normal(0, 0.2, channels),
            "moving_mean": generator.normal(0, 0.5, channels),
            "moving_variance": generator.uniform(0.3, 2.0, channels),
        }
        return name, "batch_normalization", {k: v.astype(np.float32) for k, v in values.items()}

    def both(name: str, size: int, inputs: int, outputs: int) -> Iterator[Layer]:
        yield convolution(name, size, inputs, outputs)
        yield norm(f"{name}/bn", outputs)

    yield from both("conv1/7x7_s2", 7, 3, 64)
    channels = 64
    for stage, count in ((2, 3), (3, 4), (4, 6), (5, 3)):
        width = 16 << stage
        for number in range(1, count + 1):
            block = f"conv{stage}_{number}"
            yield from both(f"{block}_1x1_reduce", 1, channels, width)
            yield from both(f"{block}_3x3", 3, width, width)
            yield from both(f"{block}_1x1_increase", 1, width, 4 * width)
            yield convolution(f"{block}_1x1_down", 1, 4 * width, width // 4, biased=True)
            yield convolution(f"{block}_1x1_up", 1, width // 4, 4 * width, biased=True)
            if number == 1:
                yield from both(f"{block}_1x1_proj", 1, channels, 4 * width)
            channels = 4 * width


def write_classic(path: Path, layers: list[Layer], whole_model: bool = False) -> None:
    """As `save_weights` of Keras 2 writes it, or `save` with the weights inside the model."""
    import h5py

    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole_model else file
        root.attrs["backend"] = b"tensorflow"
        root.attrs["keras_version"] = b"2.2.4"
        # Layers without weights are in the list too.
        names = ["input_1", *(name for name, _, _ in layers), "activation_1"]
        root.attrs["layer_names"] = [name.encode() for name in names]
        for name in ("input_1", "activation_1"):
            root.create_group(name).attrs["weight_names"] = []
        for name, _, values in layers:
            group = root.require_group(name)
            group.attrs["weight_names"] = [f"{name}/{role}:0".encode() for role in values]
            for role, value in values.items():
                group.create_dataset(f"{name}/{role}:0", data=value)


def write_by_class(path: Path, layers: list[Layer], named: bool = True) -> None:
    """As Keras 3 writes `.weights.h5`; without names as its versions before 3.6 did."""
    import h5py

    counts: dict[str, int] = {}
    with h5py.File(path, "w") as file:
        for name, kind, values in layers:
            number = counts.get(kind, 0)
            counts[kind] = number + 1
            suffix = f"_{number}" if number > 0 else ""
            group = file.create_group(f"layers/{kind}{suffix}/vars")
            if named:
                group.attrs["name"] = name.replace("/", "_")
            for index, value in enumerate(values.values()):
                group.create_dataset(str(index), data=value)


def write_weights(path: Path, seed: int = 8, layout: str = "keras2") -> None:
    """Writes the random network in one of LAYOUTS."""
    layers = list(random_layers(seed))
    if layout.startswith("keras2"):
        write_classic(path, layers, layout == "keras2-model")
    else:
        write_by_class(path, layers, layout == "keras3")


def main(arguments: list[str]) -> int:
    """Runs the tool; returns the exit code."""
    parser = argparse.ArgumentParser(description="Writes random SENet50 weights as a Keras file.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--layout", choices=LAYOUTS, default="keras2")
    options = parser.parse_args(arguments)
    try:
        enter_environment(__file__, arguments)
    except CannotWork as error:
        print(f"error: {error}", file=sys.stderr)
        return INTERNAL
    write_weights(options.file, options.seed, options.layout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
