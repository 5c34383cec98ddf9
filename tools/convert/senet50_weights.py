"""Finds the weights of SENet50 among the layers of a file, or says what the file holds instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from architecture import KERAS_EPSILON, RELEASE_EPSILON, STEM, Shape, blocks, expected_layers
from failures import BadInput
from keras_layers import CLASSIC, StoredLayer, stored_layers
from weights_file import open_weights

WANTED = "the converter needs SENet50 (rcmalli_vggface_tf_notop_senet50.h5 of keras-vggface)"


@dataclass(frozen=True)
class Senet50Weights:
    """The weights by layer and role, in Keras's order of axes, and where they came from."""

    values: dict[str, dict[str, np.ndarray]]
    layout: str
    matched_by: str
    epsilon: float
    epsilon_from: str
    ignored: list[str]


def plain(name: str) -> str:
    """A layer name as it is compared: Keras 3 allows no slash in names."""
    return re.sub(r"[/.\- ]", "_", name)


def _some(names: Iterable[str], most: int = 5) -> str:
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _other_network(layers: list[StoredLayer]) -> str | None:
    """Which well-known other network the layers belong to."""
    names = {plain(layer.name) for layer in layers if layer.name is not None}
    if "conv2_1_1x1_reduce" in names and not any(name.endswith("_1x1_down") for name in names):
        return "VGGFace ResNet50 (no squeeze-and-excitation layers)"
    if {"conv1_1", "conv5_3"} <= names:
        return "VGGFace VGG16"
    if "block1_conv1" in names:
        return "a VGG network of keras.applications (ImageNet, not faces)"
    if names & {"res2a_branch2a", "conv2_block1_1_conv"}:
        return "a ResNet of keras.applications (ImageNet, not faces)"
    if not names & {plain(name) for name in expected_layers()}:
        kernels = sum(
            "kernel" in layer.values and layer.values["kernel"].ndim == 4 for layer in layers
        )
        norms = sum("gamma" in layer.values for layer in layers)
        if (kernels, norms) == (53, 53):
            return "a ResNet50 (53 convolutions; SENet50 has 85)"
        if (kernels, norms) == (13, 0):
            return "a VGG16 (13 convolutions; SENet50 has 85)"
    return None


def _match_names(layers: list[StoredLayer]) -> dict[str, StoredLayer] | None:
    """By name; None where the file's names are not those of keras-vggface."""
    known = {plain(name): name for name in expected_layers()}
    found: dict[str, StoredLayer] = {}
    for layer in layers:
        name = None if layer.name is None else known.get(plain(layer.name))
        if name is None:
            continue
        if name in found:
            raise BadInput(f'The file holds two layers named "{layer.name}": {WANTED}.')
        found[name] = layer
    if not found:
        return None
    missing = [name for name in known.values() if name not in found]
    if missing:
        raise BadInput(
            f"The file lacks {len(missing)} of the {len(known)} layers of VGGFace SENet50: "
            f"{_some(missing)}; {WANTED}."
        )
    return found


def _match_order(layers: list[StoredLayer]) -> dict[str, StoredLayer] | None:
    """By the order of the layers and their shapes; None where they are not those of SENet50."""
    kernels = [
        each for each in layers if "kernel" in each.values and each.values["kernel"].ndim == 4
    ]
    norms = [each for each in layers if "gamma" in each.values]
    groups = [[STEM], *(block.convolutions() for block in blocks())]
    expected = [convolution for group in groups for convolution in group]
    if len(kernels) != len(expected) or len(norms) != sum(not each.has_bias for each in expected):
        return None
    found: dict[str, StoredLayer] = {}
    for group in groups:
        # Inside a block Keras's order depends on how the block was written; the shapes tell.
        candidates = kernels[: len(group)]
        kernels = kernels[len(group) :]
        for convolution in group:
            fits = [
                each
                for each in candidates
                if each.values["kernel"].shape == convolution.kernel_shape
                and ("bias" in each.values) == convolution.has_bias
            ]
            if not fits:
                return None
            candidates.remove(fits[0])
            found[convolution.name] = fits[0]
            if convolution.norm is not None:
                found[convolution.norm] = norms.pop(0)
    return found


def _read(name: str, role: str, layer: StoredLayer, shape: Shape) -> np.ndarray:
    dataset = layer.values.get(role)
    if dataset is None:
        raise BadInput(f'Layer "{name}" has no {role} in the file: {WANTED}.')
    # A dense layer is a 1x1 convolution.
    dense = role == "kernel" and shape[:2] == (1, 1) and dataset.shape == shape[2:]
    if dataset.shape != shape and not dense:
        raise BadInput(
            f'Layer "{name}": its {role} has the shape {dataset.shape} where SENet50 has {shape}: {WANTED}.'
        )
    if not np.issubdtype(dataset.dtype, np.floating):
        raise BadInput(f'Layer "{name}": its {role} is not of floating-point numbers: {WANTED}.')
    with np.errstate(over="ignore"):  # what is too large for a float is found below
        value = np.asarray(dataset[()], dtype=np.float32).reshape(shape)
    if not np.isfinite(value).all():
        raise BadInput(
            f'Layer "{name}": its {role} holds values that are not numbers; the file is damaged.'
        )
    if role == "kernel" and not value.any():
        raise BadInput(
            f'Layer "{name}": its kernel is all zeros; the file is damaged or was never filled.'
        )
    if role == "moving_variance" and (value < 0).any():
        raise BadInput(f'Layer "{name}": its moving_variance is negative; the file is damaged.')
    return value


def _epsilons(config: object) -> set[float]:
    """The epsilons of all batch norms in a model's description."""
    found: set[float] = set()
    pending = [config]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, dict):
            inner = part.get("config")
            if str(part.get("class_name", "")).startswith("BatchNormalization") and isinstance(
                inner, dict
            ):
                value = inner.get("epsilon")
                if isinstance(value, (int, float)):
                    found.add(float(value))
            pending.extend(part.values())
    return found


def _is_release(file: h5py.File, layout: str) -> bool:
    """Whether the file is as old as the release of keras-vggface: written before Keras 2.3 (2019)."""
    if layout != CLASSIC:
        return False
    version = file.attrs.get("keras_version", "")
    text = version.decode() if isinstance(version, bytes) else str(version)
    numbers = re.match(r"(\d+)\.(\d+)", text)
    return numbers is None or (int(numbers[1]), int(numbers[2])) < (2, 3)


def _epsilon(config: object, chosen: float | None, release: bool) -> tuple[float, str]:
    if chosen is not None:
        return chosen, "--bn-epsilon"
    described = _epsilons(config)
    if len(described) > 1:
        raise BadInput(
            f"The batch norms of the file differ in epsilon ({_some(map(str, sorted(described)))}): {WANTED}."
        )
    if described:
        epsilon = described.pop()
        if not 0 <= epsilon < 1:
            raise BadInput(f"The batch norms of the file have the epsilon {epsilon:g}: {WANTED}.")
        return epsilon, "the file"
    if release:
        return RELEASE_EPSILON, "keras-vggface, whose release the file seems to be"
    return KERAS_EPSILON, "Keras's default (the file does not tell it; --bn-epsilon overrides)"


def _load(file: h5py.File, config: object, epsilon: float | None) -> Senet50Weights:
    layout, layers = stored_layers(file)
    other = _other_network(layers)
    if other is not None:
        raise BadInput(f"These are the weights of {other}: {WANTED}.")
    found, matched_by = _match_names(layers), "name"
    if found is None:
        found, matched_by = _match_order(layers), "order"
    if found is None:
        held = _some(layer.label for layer in layers) or "no layers with weights"
        raise BadInput(f"The file is of another network (it holds {held}): {WANTED}.")
    values = {
        name: {role: _read(name, role, found[name], shape) for role, shape in roles.items()}
        for name, roles in expected_layers().items()
    }
    used = {id(layer) for layer in found.values()}
    ignored = [layer.label for layer in layers if id(layer) not in used]
    number, origin = _epsilon(config, epsilon, _is_release(file, layout))
    return Senet50Weights(values, layout, matched_by, number, origin, ignored)


def load_weights(path: Path, epsilon: float | None = None) -> Senet50Weights:
    """Reads the weights of SENet50 from a Keras file. Throws BadInput."""
    with open_weights(path) as (file, config):
        return _load(file, config, epsilon)
