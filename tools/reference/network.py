"""One `.mnn` file under the official Python wheel, on one thread."""

from __future__ import annotations

import MNN
import numpy as np

# Threads above one would measure the wheel's thread pool instead of the networks.
SESSION_CONFIG = {"backend": "CPU", "numThread": 1, "precision": "normal"}


class NetworkError(Exception):
    """The wheel refuses to run a model."""


class Network:
    """A loaded model with a session, for inputs of one shape."""

    def __init__(self, path: str) -> None:
        self._interpreter = MNN.Interpreter(path)
        self._session = self._interpreter.createSession(SESSION_CONFIG)
        self._input = self._interpreter.getSessionInput(self._session)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Batch, channels, height, width."""
        return tuple(self._input.getShape())

    def run(self, blob: np.ndarray) -> None:
        """Runs the network on a float32 array in the order batch, channel, row, column."""
        tensor = MNN.Tensor(
            blob.shape,
            MNN.Halide_Type_Float,
            np.ascontiguousarray(blob, dtype=np.float32),
            MNN.Tensor_DimensionType_Caffe,
        )
        self._input.copyFrom(tensor)
        code = self._interpreter.runSession(self._session)
        # Reading the outputs after a failed run is what crashes the process.
        if code != 0:
            raise NetworkError(f"runSession gave error {code}")

    def output(self, name: str) -> np.ndarray:
        """An output of the last run, as a copy in float32."""
        return np.array(self._interpreter.getSessionOutput(self._session, name).getNumpyData())

    def output_values(self, name: str) -> tuple[float, ...]:
        """An output of the last run as a flat tuple of Python floats, the wheel's older way."""
        return self._interpreter.getSessionOutput(self._session, name).getData()
