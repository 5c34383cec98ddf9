"""The pipeline as a well-written program would have it: models loaded once, little work per call."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from boxes import SCORE_THRESHOLD, decode_corners, hard_nms
from network import Network
from pipeline import Faces, Pipeline
from priors import INPUT_HEIGHT, INPUT_WIDTH, make_priors


class Warm(Pipeline):
    """Keeps its networks; resizes, swaps and normalises in one call; decodes likely boxes only."""

    def __init__(self, models: Mapping[str, str]) -> None:
        self._models = models
        self._networks: dict[str, Network] = {}
        self._priors = make_priors()

    def _network(self, model: str) -> Network:
        network = self._networks.get(model)
        if network is None:
            network = self._networks[model] = Network(self._models[model])
        return network

    def detect(self, bgr: np.ndarray, detector: str) -> Faces:
        network = self._network(detector)
        network.run(
            cv2.dnn.blobFromImage(
                bgr, 1 / 128, (INPUT_WIDTH, INPUT_HEIGHT), (127, 127, 127), swapRB=True
            )
        )
        scores = network.output("scores")[0, :, 1]
        likely = np.flatnonzero(scores > SCORE_THRESHOLD)
        scores = scores[likely]
        corners = decode_corners(network.output("boxes")[0, likely], self._priors[likely])
        kept = hard_nms(corners, scores)
        height, width = bgr.shape[:2]
        scale = np.array([width, height, width, height], dtype=np.float32)
        return Faces(corners[kept] * scale, scores[kept])

    def infer(self, model: str, blob: np.ndarray, output: str) -> np.ndarray:
        network = self._network(model)
        network.run(blob)
        return network.output(output).reshape(-1)
