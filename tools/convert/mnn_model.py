"""Turns SENet50's ONNX model into an MNN model, and compares the two on random pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from architecture import EMBEDDING_SIZE, INPUT_SIZE
from failures import CannotWork
from mnn_converter import convert_known
from onnx_graph import INPUT, OUTPUT

MEAN_BGR = (91.4953, 103.8827, 131.0912)
# Written into the file; part of its bytes, so it stays as it is.
LABEL = "mnn-face"


@dataclass(frozen=True)
class Comparison:
    """How far MNN and onnxruntime are apart, at worst."""

    pictures: int
    relative: float
    cosine_distance: float


def convert(onnx_file: Path, mnn_file: Path, half: bool) -> None:
    """Converts the network that this folder's code built."""
    convert_known("ONNX", onnx_file, mnn_file, LABEL, ("--fp16",) if half else ())


def random_picture(generator: np.random.Generator) -> np.ndarray:
    """An input tensor: coarse patches with noise, as 8-bit pixels less the network's means."""
    patches = generator.integers(0, 256, (3, 14, 14)).repeat(16, axis=1).repeat(16, axis=2)
    noise = generator.normal(0, 20, (3, INPUT_SIZE, INPUT_SIZE))
    pixels = np.clip(np.rint(patches + noise), 0, 255)
    return (pixels - np.reshape(MEAN_BGR, (3, 1, 1))).astype(np.float32)[None]


class OnnxRunner:
    """The model under onnxruntime."""

    def __init__(self, file: Path, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )

    def run(self, picture: np.ndarray) -> np.ndarray:
        """The embedding of one input tensor."""
        return self.session.run([OUTPUT], {INPUT: picture})[0].reshape(-1)


class MnnRunner:
    """The model under MNN."""

    def __init__(self, file: Path, threads: int = 1) -> None:
        import MNN

        self.mnn = MNN
        self.interpreter = MNN.Interpreter(str(file))
        self.session = self.interpreter.createSession(
            {"backend": "CPU", "numThread": threads, "precision": "high"}
        )

    def run(self, picture: np.ndarray) -> np.ndarray:
        """The embedding of one input tensor."""
        mnn, shape = self.mnn, picture.shape
        source = mnn.Tensor(
            shape,
            mnn.Halide_Type_Float,
            np.ascontiguousarray(picture),
            mnn.Tensor_DimensionType_Caffe,
        )
        self.interpreter.getSessionInput(self.session, INPUT).copyFrom(source)
        self.interpreter.runSession(self.session)
        output = self.interpreter.getSessionOutput(self.session, OUTPUT)
        if tuple(output.getShape()) != (1, EMBEDDING_SIZE):
            raise CannotWork(f"The converted model gives the shape {output.getShape()}.")
        target = mnn.Tensor(
            output.getShape(),
            mnn.Halide_Type_Float,
            np.zeros((1, EMBEDDING_SIZE), np.float32),
            mnn.Tensor_DimensionType_Caffe,
        )
        output.copyToHostTensor(target)
        return np.array(target.getData(), np.float32).reshape(-1)


def relative_difference(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference, in parts of the largest value wanted."""
    return float(np.abs(found - wanted).max() / max(np.abs(wanted).max(), 1e-30))


def cosine_distance(one: np.ndarray, other: np.ndarray) -> float:
    """1 - cosine, in double precision."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float(1 - a @ b / length) if length > 0 else float("nan")


def compare(onnx_file: Path, mnn_file: Path, pictures: int) -> Comparison:
    """Runs both models on random pictures."""
    reference, converted = OnnxRunner(onnx_file), MnnRunner(mnn_file)
    generator = np.random.default_rng(8)
    relative: list[float] = []
    distances: list[float] = []
    for _ in range(pictures):
        picture = random_picture(generator)
        wanted, found = reference.run(picture), converted.run(picture)
        relative.append(relative_difference(found, wanted))
        distances.append(cosine_distance(found, wanted))
    # numpy's max, unlike Python's, keeps a NaN.
    return Comparison(pictures, float(np.max(relative)), float(np.max(distances)))
