"""Writes files that the converter must refuse, each with a part of what it must say. For tests."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from random_senet50 import random_layers, write_by_class, write_classic

if TYPE_CHECKING:
    from random_senet50 import Layer


@dataclass(frozen=True)
class BadFile:
    """A file, and a part of the message that it must get."""

    case: str
    path: Path
    message: str


def _tiny(names: list[str]) -> list[Layer]:
    """Layers of those names; a network is told by its names before any shape is looked at."""
    return [(name, "conv2d", {"kernel": np.ones((1, 1, 2, 2), np.float32)}) for name in names]


def _changed(layers: list[Layer], name: str, role: str, value: np.ndarray) -> list[Layer]:
    return [
        (each, kind, {**values, role: value} if each == name else values)
        for each, kind, values in layers
    ]


def write_bad_files(folder: Path, good: Path) -> list[BadFile]:
    """Writes all of them into the folder; `good` is a complete weights file to damage."""
    folder.mkdir(parents=True, exist_ok=True)
    layers = list(random_layers(8))
    by_name = {name: values for name, _, values in layers}
    files: list[BadFile] = []

    def add(case: str, message: str) -> Path:
        path = folder / f"{case}.h5"
        files.append(BadFile(case, path, message))
        return path

    data = good.read_bytes()
    add("truncated", "is truncated").write_bytes(data[: len(data) * 2 // 3])
    # The table at the front is whole, a part of what it points to is overwritten.
    add("damaged", "damaged").write_bytes(data[:200] + b"\xff" * 20000 + data[20200:])
    add("empty", "is empty").write_bytes(b"")
    add("web-page", "a web page").write_bytes(b"<!DOCTYPE html><html>Not found</html>")
    add("lfs-pointer", "a Git LFS pointer").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\n"
    )
    with zipfile.ZipFile(add("zip", "but a zip archive"), "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    add("damaged-zip", "damaged zip archive").write_bytes(b"PK\x03\x04" + bytes(100))

    resnet = [each for each in layers if not each[0].endswith(("_down", "_up"))]
    resnet = _tiny([name for name, _, _ in resnet])
    write_classic(add("vggface-resnet50", "VGGFace ResNet50"), resnet)
    write_by_class(add("vggface-resnet50-keras3", "VGGFace ResNet50"), resnet)
    vgg = [
        f"conv{stage}_{i + 1}"
        for stage, count in enumerate((2, 2, 3, 3, 3), 1)
        for i in range(count)
    ]
    write_classic(add("vggface-vgg16", "VGGFace VGG16"), _tiny(vgg))
    write_classic(
        add("imagenet-vgg16", "keras.applications"), _tiny(["block1_conv1", "block1_conv2"])
    )
    write_classic(
        add("imagenet-resnet50", "keras.applications"), _tiny(["conv1", "res2a_branch2a"])
    )
    write_classic(add("another-network", "another network (it holds dense_1"), _tiny(["dense_1"]))
    write_by_class(add("another-network-keras3", "another network"), _tiny(["a", "b"]), named=False)

    few = _tiny([name for name, _, _ in layers if name not in ("conv3_2_3x3", "conv4_6_1x1_up")])
    write_classic(
        add("missing-layers", "lacks 2 of the 138 layers of VGGFace SENet50: conv3_2_3x3"), few
    )
    no_bias = [
        (name, kind, {"kernel": values["kernel"]} if name == "conv2_1_1x1_down" else values)
        for name, kind, values in layers
    ]
    write_classic(add("missing-bias", '"conv2_1_1x1_down" has no bias'), no_bias)
    wrong = np.ones((5, 5, 3, 64), np.float32)
    write_classic(
        add("wrong-shape", '"conv1/7x7_s2": its kernel has the shape (5, 5, 3, 64)'),
        _changed(layers, "conv1/7x7_s2", "kernel", wrong),
    )
    broken = by_name["conv1/7x7_s2"]["kernel"].copy()
    broken[3, 3, 1, 7] = np.nan
    write_classic(
        add("not-a-number", "values that are not numbers"),
        _changed(layers, "conv1/7x7_s2", "kernel", broken),
    )
    write_classic(
        add("never-filled", "all zeros"),
        _changed(layers, "conv2_1_3x3", "kernel", np.zeros((3, 3, 64, 64), np.float32)),
    )
    write_classic(
        add("negative-variance", "moving_variance is negative"),
        _changed(layers, "conv2_1_3x3/bn", "moving_variance", np.full(64, -1, np.float32)),
    )
    return files
