"""Writes a network as an ONNX file, by the writer of the converters (tools/convert/onnx_bytes.py)."""

from __future__ import annotations

import onnx_bytes as onnx
from network import HEIGHT, WIDTH, Layer, Network

OPERATORS = {"relu": "Relu", "add": "Add", "softmax": "Softmax", "concat": "Concat", "join": "Concat"}
AXES = {"softmax": {"axis": 2}, "concat": {"axis": 1}, "join": {"axis": 1}}


def nodes_of(layer: Layer) -> tuple[list[bytes], list[bytes]]:
    """A layer's nodes and initializers."""
    name, inputs = layer.output, list(layer.inputs)
    if layer.kind == "conv":
        weights = [
            onnx.tensor(f"{name}.{part}", value.shape, onnx.FLOAT, value.tobytes())
            for part, value in (("weight", layer.weight), ("bias", layer.bias))
        ]
        node = onnx.node(
            "Conv",
            [*inputs, f"{name}.weight", f"{name}.bias"],
            name,
            name,
            strides=[layer.stride] * 2,
            pads=[layer.pad] * 4,
            dilations=[layer.dilation] * 2,
            group=layer.groups,
            kernel_shape=list(layer.weight.shape[2:]),
        )
        return [node], weights
    if layer.kind == "rows":
        shape = onnx.integers(f"{name}.shape", [3], [1, -1, layer.values])
        turned = onnx.node("Transpose", inputs, f"{name}.nhwc", f"{name}.nhwc", perm=[0, 2, 3, 1])
        return [turned, onnx.node("Reshape", [f"{name}.nhwc", f"{name}.shape"], name, name)], [shape]
    return [onnx.node(OPERATORS[layer.kind], inputs, name, name, **AXES.get(layer.kind, {}))], []


def onnx_of(network: Network) -> bytes:
    """The whole file."""
    parts = [nodes_of(layer) for layer in network.layers]
    return onnx.model(
        "random",
        [node for nodes, _ in parts for node in nodes],
        [value for _, values in parts for value in values],
        [onnx.float_value("input", [1, 3, HEIGHT, WIDTH])],
        [onnx.float_value("scores", [1, 4420, 2]), onnx.float_value("boxes", [1, 4420, 4])],
    )
