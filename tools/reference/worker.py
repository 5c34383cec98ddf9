"""Serves both pipelines: one JSON request per line on stdin, one JSON answer per line on stdout.

python worker.py '{"rfb-320": "/path/RFB-320.mnn", ...}'

Request: {"id": 1, "method": "detect", "params": {"mode": "warm", "picture": "a.jpg",
"detector": "rfb-320"}}. Answer: {"id": 1, "result": ...} or {"id": 1, "error": {"kind": "picture",
"message": "..."}}. `milliseconds` in a result is the time of the call from file to result, without
the transport. Ends when stdin does.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO


def take_stdout() -> TextIO:
    """Answers get the real stdout; whatever MNN prints there goes to stderr from now on."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


ANSWERS = take_stdout()

# After the redirection: MNN prints as soon as it is loaded.
import cv2  # noqa: E402
import MNN  # noqa: E402
import numpy as np  # noqa: E402

from article import Article  # noqa: E402
from network import NetworkError  # noqa: E402
from pipeline import NoFaceError, Pipeline, PictureError  # noqa: E402
from warm import Warm  # noqa: E402

ERROR_KINDS: dict[type[Exception], str] = {
    PictureError: "picture",
    NoFaceError: "no-face",
    NetworkError: "network",
}
PROBE_TIMEOUT_SECONDS = 120


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds that a call took, and what it gave."""
    started = time.perf_counter()
    result = call()
    return (time.perf_counter() - started) * 1000, result


class Service:
    """The methods that requests name."""

    def __init__(self, models: Mapping[str, str]) -> None:
        self._models = models
        self._pipelines: dict[str, Pipeline] = {"article": Article(models), "warm": Warm(models)}
        self.methods: dict[str, Callable[..., dict[str, Any]]] = {
            "versions": self.versions,
            "probe": self.probe,
            "detect": self.detect,
            "embed": self.embed,
            "compare": self.compare,
        }

    def versions(self) -> dict[str, str]:
        """What the reference runs on."""
        return {
            "python": platform.python_version(),
            "opencv": cv2.__version__,
            "mnn": MNN.version(),
            "numpy": np.__version__,
        }

    def probe(self, model: str) -> dict[str, Any]:
        """Whether the wheel can run a model; tried in a child process, which may crash."""
        child = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("probe.py")), self._models[model]],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_TIMEOUT_SECONDS,
            check=False,
        )
        if child.returncode == 0:
            return {"runs": True, "reason": None}
        # MNN tells what it misses on either stream, among other lines.
        lines = f"{child.stdout}\n{child.stderr}".splitlines()
        reasons = [line.strip() for line in lines if "support type" in line or "error" in line]
        if child.returncode < 0:
            reasons.append(f"killed by {signal.Signals(-child.returncode).name}")
        return {"runs": False, "reason": "; ".join(reasons) or f"exit code {child.returncode}"}

    def detect(self, mode: str, picture: str, detector: str) -> dict[str, Any]:
        """The faces of a picture file."""
        pipeline = self._pipelines[mode]
        milliseconds, (size, faces) = timed(lambda: pipeline.detect_file(picture, detector))
        boxes = zip(faces.corners.tolist(), faces.scores.tolist())
        return {
            "milliseconds": milliseconds,
            "width": size[0],
            "height": size[1],
            "faces": [{"corners": corners, "score": score} for corners, score in boxes],
        }

    def embed(self, mode: str, picture: str, detector: str) -> dict[str, Any]:
        """The largest face of a picture file, embedded."""
        pipeline = self._pipelines[mode]
        milliseconds, face = timed(lambda: pipeline.embed_file(picture, detector))
        return {
            "milliseconds": milliseconds,
            "corners": face.corners.tolist(),
            "landmarks": face.landmarks.tolist(),
            "embedding": face.embedding.tolist(),
        }

    def compare(self, mode: str, first: str, second: str, detector: str) -> dict[str, Any]:
        """The distance of the largest faces of two picture files."""
        pipeline = self._pipelines[mode]
        milliseconds, distance = timed(lambda: pipeline.compare_files(first, second, detector))
        return {"milliseconds": milliseconds, "distance": distance}


def answer(service: Service, line: str) -> dict[str, Any]:
    """The answer to one request; only what is wrong with a picture or model is an answer too."""
    request = json.loads(line)
    try:
        method = service.methods[request["method"]]
        return {"id": request["id"], "result": method(**request.get("params", {}))}
    except tuple(ERROR_KINDS) as error:
        kind = ERROR_KINDS[type(error)]
        return {"id": request["id"], "error": {"kind": kind, "message": str(error)}}


def main() -> None:
    """Answers until stdin ends."""
    cv2.setNumThreads(1)
    service = Service(json.loads(sys.argv[1]))
    for line in sys.stdin:
        ANSWERS.write(json.dumps(answer(service, line)) + "\n")
        ANSWERS.flush()


if __name__ == "__main__":
    main()
