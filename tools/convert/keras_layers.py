"""The layers with weights in a Keras HDF5 file, whatever layout the file has.

- Keras 1 and 2, tf.keras, and `model.save('x.h5')` of Keras 3: the attribute `layer_names`, a group
  per layer whose attribute `weight_names` names its datasets ("kernel:0"); a whole model keeps this
  under `model_weights`.
- Keras 3 `.weights.h5` (and the file inside a `.keras`): `.../conv2d_7/vars/0`, by class and order
  of the layers; newer versions note the layer's name as an attribute of `vars`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import h5py
import numpy as np

from failures import BadInput

CLASSIC = "Keras 2"
BY_CLASS = "Keras 3"
# Roles by position in the second layout.
ROLES_OF_KERNEL = ("kernel", "bias")
ROLES_OF_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


@dataclass
class StoredLayer:
    """A layer of the file; `name` is None where the file does not tell it."""

    name: str | None
    where: str
    values: dict[str, h5py.Dataset] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What to call it in messages."""
        return self.name or self.where


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _names(group: h5py.Group, attribute: str) -> list[str] | None:
    """A list of names in an attribute, which Keras splits into numbered ones when it is long."""
    if attribute in group.attrs:
        return [_text(value) for value in np.atleast_1d(group.attrs[attribute])]
    names: list[str] = []
    part = 0
    while f"{attribute}{part}" in group.attrs:
        names.extend(_text(value) for value in np.atleast_1d(group.attrs[f"{attribute}{part}"]))
        part += 1
    return names if part > 0 else None


def _own(parent: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """A member of the group, refused when its data lies in another file."""
    member = parent.get(name)
    if member is None:
        raise BadInput(f'The weights file is damaged: it names "{name}" but does not hold it.')
    elsewhere = h5py.h5o.get_info(member.id).fileno != h5py.h5o.get_info(parent.id).fileno
    if isinstance(member, h5py.Dataset):
        elsewhere = elsewhere or bool(member.external) or member.is_virtual
    if elsewhere:
        raise BadInput(f'The weights file keeps "{name}" in another file, which is not supported.')
    return member


def _classic(root: h5py.Group, layer_names: list[str]) -> list[StoredLayer]:
    layers: list[StoredLayer] = []
    for layer_name in layer_names:
        group = _own(root, layer_name)
        by_prefix: dict[str, dict[str, h5py.Dataset]] = {}
        for weight_name in _names(group, "weight_names") or []:
            prefix, _, last = weight_name.rpartition("/")
            dataset = _own(group, weight_name)
            if isinstance(dataset, h5py.Dataset):
                by_prefix.setdefault(prefix, {})[last.partition(":")[0]] = dataset
        # A model inside a model is one layer here: its own layers are told apart by their prefix.
        nested = len(by_prefix) > 1
        for prefix, values in by_prefix.items():
            name = prefix if nested else layer_name
            layers.append(StoredLayer(name, f"{layer_name}/{prefix}", values))
    return layers


def _natural(path: str) -> list[tuple[str, int]]:
    """Sorts conv2d, conv2d_2, conv2d_10 as they count."""
    parts = [re.fullmatch(r"(.*?)(?:_(\d+))?", part) for part in path.split("/")]
    return [(part.group(1), int(part.group(2) or 0)) for part in parts if part is not None]


def _by_class(root: h5py.Group) -> list[StoredLayer]:
    paths: list[str] = []

    def note(path: str, member: h5py.Group | h5py.Dataset) -> None:
        inside = path.replace("\\", "/").split("/")
        if isinstance(member, h5py.Group) and inside[-1] == "vars" and inside[0] != "optimizer":
            paths.append(path)

    root.visititems(note)
    layers: list[StoredLayer] = []
    for path in sorted(paths, key=lambda each: _natural(each.replace("\\", "/"))):
        group = root[path]
        count = len(group)
        if count == 0 or any(str(index) not in group for index in range(count)):
            continue
        values = [_own(group, str(index)) for index in range(count)]
        roles = ROLES_OF_NORM if len(values[0].shape) == 1 else ROLES_OF_KERNEL
        if count > len(roles):
            continue
        name = group.attrs.get("name")
        layers.append(
            StoredLayer(None if name is None else _text(name), path, dict(zip(roles, values)))
        )
    return layers


def stored_layers(file: h5py.File) -> tuple[str, list[StoredLayer]]:
    """The layout of the file and its layers, in the order in which the model has them."""
    root = _own(file, "model_weights") if "model_weights" in file else file
    layer_names = _names(root, "layer_names")
    if layer_names is not None:
        backend = _text(root.attrs.get("backend", "tensorflow"))
        if backend == "theano":
            raise BadInput(
                "These weights were saved with Keras's Theano backend, whose kernels are flipped: "
                "load them in Keras with TensorFlow and save them again."
            )
        return CLASSIC, _classic(root, layer_names)
    layers = _by_class(file)
    if not layers:
        raise BadInput(
            "This HDF5 file holds no Keras weights (neither layer_names nor layers with vars): give "
            "rcmalli_vggface_tf_notop_senet50.h5 of keras-vggface."
        )
    return BY_CLASS, layers
