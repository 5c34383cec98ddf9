"""The Python reference (tools/reference) as a contender of the benchmark.

python python_worker.py CONFIG.json        {"mode": "warm", "reference": "...", "models": {...}, ...}

Reads "TASK COUNT" lines from stdin, answers a line of JSON, as bench/suite/serve.mjs does.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

CONFIG: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))


def take_stdout() -> TextIO:
    """Answers get the real stdout; whatever MNN prints there goes to stderr from now on."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


ANSWERS = take_stdout()
sys.path.insert(0, CONFIG["reference"])

import cv2  # noqa: E402
import MNN  # noqa: E402
import numpy as np  # noqa: E402

from article import Article  # noqa: E402
from pipeline import read_bgr  # noqa: E402
from warm import Warm  # noqa: E402

DETECTOR = "rfb-320"


def say(value: dict[str, Any]) -> None:
    """One line of answer."""
    ANSWERS.write(json.dumps(value) + "\n")
    ANSWERS.flush()


def main() -> None:
    """Answers until stdin ends."""
    cv2.setNumThreads(1)
    pipeline = {"warm": Warm, "article": Article}[CONFIG["mode"]](CONFIG["models"])
    first, second = CONFIG["pair"]
    pictures = itertools.cycle(CONFIG["pictures"])
    decoded = read_bgr(first)

    def embed() -> dict[str, Any]:
        pipeline.embed(decoded, DETECTOR)
        return {"faces": 1}

    tasks: dict[str, Callable[[], dict[str, Any]]] = {
        "detect": lambda: {"faces": len(pipeline.detect(decoded, DETECTOR).scores)},
        "embed": embed,
        "verify": lambda: {"distance": pipeline.compare_files(first, second, DETECTOR)},
    }

    def throughput(count: int) -> dict[str, Any]:
        for path in itertools.islice(pictures, count):
            pipeline.embed_file(path, DETECTOR)
        return {"faces": count}

    say(
        {
            "ready": True,
            "versions": {
                "python": platform.python_version(),
                "opencv": cv2.__version__,
                "mnn": MNN.version(),
                "numpy": np.__version__,
            },
        }
    )
    for line in sys.stdin:
        name, count = line.split()
        try:
            milliseconds = []
            check: dict[str, Any] = {}
            if name == "throughput":
                started = time.perf_counter()
                check = throughput(int(count))
                milliseconds.append((time.perf_counter() - started) * 1000)
            else:
                for _ in range(int(count)):
                    started = time.perf_counter()
                    check = tasks[name]()
                    milliseconds.append((time.perf_counter() - started) * 1000)
            say({"milliseconds": milliseconds, "check": check})
        except Exception as error:  # noqa: BLE001 - the coordinator reports it
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
