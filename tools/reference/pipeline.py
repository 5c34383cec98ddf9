"""What both ways of writing the reference share: pictures to faces, embeddings and distances."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import cv2
import numpy as np

from alignment import (
    ALIGNED_SIZE,
    LANDMARK_SIZE,
    crop_map,
    similarity_map,
    square_around,
    warp,
)
from boxes import area

LANDMARK_MODEL = "mtcnn-onet"
EMBEDDING_MODEL = "mobilefacenet"

# ImageNet's mean and standard deviation on a scale of 0 to 255.
EMBEDDING_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32) * np.float32(255)
EMBEDDING_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32) * np.float32(255)


class PictureError(Exception):
    """OpenCV cannot decode a picture."""


class NoFaceError(Exception):
    """A picture without a face was to be embedded."""


@dataclass
class Faces:
    """Faces of a picture, best score first: n x 4 corners in pixels, n scores."""

    corners: np.ndarray
    scores: np.ndarray


@dataclass
class Embedded:
    """The largest face of a picture: its corners, five points and unit vector."""

    corners: np.ndarray
    landmarks: np.ndarray
    embedding: np.ndarray


def read_bgr(path: str) -> np.ndarray:
    """Decodes a picture to 8-bit BGR, its EXIF orientation applied."""
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    if picture is None:
        raise PictureError(f"OpenCV cannot decode {path}")
    return picture


def to_blob(rgb: np.ndarray, mean: np.ndarray | float, std: np.ndarray | float) -> np.ndarray:
    """(pixel - mean) / std as 1 x 3 x height x width."""
    return ((rgb.astype(np.float32) - mean) / std).transpose(2, 0, 1)[np.newaxis]


class Pipeline(ABC):
    """Detect, find landmarks, align, embed, compare."""

    @abstractmethod
    def detect(self, bgr: np.ndarray, detector: str) -> Faces:
        """The faces of a decoded picture."""

    @abstractmethod
    def infer(self, model: str, blob: np.ndarray, output: str) -> np.ndarray:
        """One output of a network, flat."""

    def embed(self, bgr: np.ndarray, detector: str) -> Embedded:
        """The embedding of the face with the largest box."""
        faces = self.detect(bgr, detector)
        if len(faces.scores) == 0:
            raise NoFaceError("no face was found")
        corners = faces.corners[int(np.argmax(area(faces.corners)))]
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        square = square_around(corners)
        crop = warp(rgb, crop_map(square, LANDMARK_SIZE), LANDMARK_SIZE)
        # O-Net gives five x, then five y, in units of its crop.
        points = self.infer(LANDMARK_MODEL, to_blob(crop, 127.5, 128.0), "landmarks")
        left, top, side = square
        landmarks = points.astype(np.float64).reshape(2, 5).T * side + (left, top)
        aligned = warp(rgb, similarity_map(landmarks), ALIGNED_SIZE)
        blob = to_blob(aligned, EMBEDDING_MEAN, EMBEDDING_STD)
        vector = self.infer(EMBEDDING_MODEL, blob, "output0")
        return Embedded(corners, landmarks, vector / np.linalg.norm(vector))

    def detect_file(self, path: str, detector: str) -> tuple[tuple[int, int], Faces]:
        """Width and height of a picture, and its faces."""
        bgr = read_bgr(path)
        return (bgr.shape[1], bgr.shape[0]), self.detect(bgr, detector)

    def embed_file(self, path: str, detector: str) -> Embedded:
        """Decodes a picture and embeds its largest face."""
        return self.embed(read_bgr(path), detector)

    def compare_files(self, first: str, second: str, detector: str) -> float:
        """The cosine distance of the largest faces of two pictures."""
        left = self.embed_file(first, detector).embedding
        right = self.embed_file(second, detector).embedding
        return 1.0 - float(np.dot(left, right))
