"""Writes test/fixtures/mtcnn.json: what facenet-pytorch's MTCNN finds on single-face pictures.

    python3 -m venv venv && venv/bin/pip install facenet-pytorch==2.6.0
    venv/bin/python tools/vectors/mtcnn_vectors.py FOLDER > test/fixtures/mtcnn.json
"""

import json
import sys
from pathlib import Path

from facenet_pytorch import MTCNN
from PIL import Image


def main() -> None:
    detector = MTCNN(keep_all=True, device="cpu")
    found = {}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        if path.suffix not in {".jpg", ".jpeg"}:
            continue
        boxes, scores, points = detector.detect(Image.open(path).convert("RGB"), landmarks=True)
        found[path.name] = {
            "box": [round(float(v), 3) for v in boxes[0]],
            "score": round(float(scores[0]), 6),
            "landmarks": [[round(float(v), 3) for v in point] for point in points[0]],
        }
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
