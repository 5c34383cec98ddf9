"""The pipeline as the article writes it: every call loads its model anew."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from boxes import SCORE_THRESHOLD, decode_corners, hard_nms
from network import Network
from pipeline import Faces, Pipeline
from priors import INPUT_HEIGHT, INPUT_WIDTH, make_priors

IMAGE_MEAN = np.array([127, 127, 127])
IMAGE_STD = 128.0

# Made once also in the original.
PRIORS = make_priors()


class Article(Pipeline):
    """Interpreter and session made inside of each call; outputs read as tuples; all boxes decoded."""

    def __init__(self, models: Mapping[str, str]) -> None:
        self._models = models

    def detect(self, bgr: np.ndarray, detector: str) -> Faces:
        network = Network(self._models[detector])
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        resized = cv2.resize(rgb, (INPUT_WIDTH, INPUT_HEIGHT))
        network.run(((resized - IMAGE_MEAN) / IMAGE_STD).transpose(2, 0, 1)[np.newaxis])
        scores = np.reshape(network.output_values("scores"), (-1, 2)).astype(np.float32)[:, 1]
        encoded = np.reshape(network.output_values("boxes"), (-1, 4)).astype(np.float32)
        corners = decode_corners(encoded, PRIORS)
        likely = scores > SCORE_THRESHOLD
        corners, scores = corners[likely], scores[likely]
        kept = hard_nms(corners, scores)
        height, width = bgr.shape[:2]
        scale = np.array([width, height, width, height], dtype=np.float32)
        return Faces(corners[kept] * scale, scores[kept])

    def infer(self, model: str, blob: np.ndarray, output: str) -> np.ndarray:
        network = Network(self._models[model])
        network.run(blob)
        return np.array(network.output_values(output), dtype=np.float32)
