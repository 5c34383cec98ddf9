"""Makes a random network and a picture, and says what the network finds in it.

    python make.py KIND FOLDER      KIND: rfb or slim; writes network.onnx, picture.rgb, expected.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools" / "convert"))

from forward import faces, forward  # noqa: E402
from network import HEIGHT, WIDTH, build  # noqa: E402
from onnx_file import onnx_of  # noqa: E402

CANDIDATES = 30
MOST_IOU = 0.3
# Single precision differs from this by less.
LEAST_MARGIN = 1e-4


def picture_of(generator: np.random.Generator) -> np.ndarray:
    coarse = generator.integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3))
    return coarse.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)


def main(kind: str, folder: Path) -> None:
    for seed in range(1, 300):
        network = build(kind, seed)
        picture = picture_of(np.random.default_rng(1000 + seed))
        scores, boxes = forward(network, picture)
        ranked = np.sort(scores[:, 1])[::-1]
        threshold = float(ranked[CANDIDATES - 1] + ranked[CANDIDATES]) / 2
        found, margin = faces(scores, boxes, threshold, MOST_IOU)
        if margin > LEAST_MARGIN and len(found) >= 10 and threshold < 0.999:
            break
    else:
        raise SystemExit("no seed gives a network whose decisions are clear")
    (folder / "network.onnx").write_bytes(onnx_of(network))
    (folder / "picture.rgb").write_bytes(picture.tobytes())
    (folder / "scores.f64").write_bytes(scores.tobytes())
    (folder / "boxes.f64").write_bytes(boxes.tobytes())
    expected = {"seed": seed, "margin": margin, "threshold": threshold, "iou": MOST_IOU, "faces": found.tolist()}
    (folder / "expected.json").write_text(json.dumps(expected))


main(sys.argv[1], Path(sys.argv[2]))
