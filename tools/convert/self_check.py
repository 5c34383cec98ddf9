#!/usr/bin/env python3
"""Checks the converter: random weights through it and through numpy, and files it must refuse.

    python3 tools/convert/self_check.py [--json] [--keep DIR]

With --keep, DIR keeps weights.h5, senet50.mnn, senet50-fp16.mnn with their entries, input.f32
(3x224x224, BGR less the means) and expected.f32 (2048, from numpy), little-endian floats, to check
another runtime of the models with. Exit code 0: all as it must be; 1: not so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.dont_write_bytecode = True

from environment import enter_environment
from failures import BAD_INPUT, INTERNAL, CannotWork

MOST_DIFFERENCE = 1e-3
MOST_DIFFERENCE_HALF = 2e-2
CONVERTER = Path(__file__).resolve().with_name("vggface_senet50.py")

if TYPE_CHECKING:
    Result = dict[str, object]


def say(message: str) -> None:
    """One line of progress."""
    print(message, file=sys.stderr, flush=True)


def run_converter(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the converter as a user does."""
    return subprocess.run(
        [sys.executable, "-B", str(CONVERTER), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def check_conversions(folder: Path) -> list[Result]:
    """Converts random weights; compares MNN with numpy, not with the converter's own graph."""
    import numpy as np

    from mnn_model import MnnRunner, cosine_distance, random_picture, relative_difference
    from numpy_senet50 import NumpySenet50
    from random_senet50 import write_weights

    weights = folder / "weights.h5"
    say("Writing random weights")
    write_weights(weights)
    picture = random_picture(np.random.default_rng(88))
    say("Running the network in numpy")
    expected = NumpySenet50(weights).embed(np.ascontiguousarray(picture[0].transpose(1, 2, 0)))
    picture.astype("<f4").tofile(folder / "input.f32")
    expected.astype("<f4").tofile(folder / "expected.f32")
    results: list[Result] = []
    for name, most, options in (
        ("senet50", MOST_DIFFERENCE, []),
        ("senet50-fp16", MOST_DIFFERENCE_HALF, ["--fp16"]),
    ):
        say(f"Converting: {name}")
        done = run_converter(
            str(weights), "--out", str(folder), "--name", name, "--check", "1", *options
        )
        if done.returncode != 0:
            results.append({"case": name, "ok": False, "message": done.stderr[-2000:]})
            continue
        summary = json.loads(done.stdout)
        found = MnnRunner(Path(summary["model"])).run(picture)
        difference = relative_difference(found, expected)
        results.append(
            {
                "case": name,
                "ok": bool(difference <= most and float(expected.std()) > 0),
                "relativeToNumpy": difference,
                "cosineDistanceToNumpy": cosine_distance(found, expected),
                "relativeToOnnxruntime": summary["check"]["relativeDifference"],
                "bytes": summary["bytes"],
                "sha256": summary["sha256"],
            }
        )
    return results


def check_layouts(folder: Path) -> list[Result]:
    """Reads the same weights from every layout of Keras's files."""
    import numpy as np

    from random_senet50 import LAYOUTS, write_weights
    from senet50_weights import load_weights

    expected = load_weights(folder / "weights.h5").values
    results: list[Result] = []
    for layout in LAYOUTS:
        say(f"Reading the layout {layout}")
        path = folder / "layout.h5"
        write_weights(path, layout=layout)
        found = load_weights(path)
        path.unlink()
        same = all(
            np.array_equal(value, found.values[name][role])
            for name, values in expected.items()
            for role, value in values.items()
        )
        results.append({"case": layout, "ok": same, "matchedBy": found.matched_by})
    return results


def check_refusals(folder: Path) -> list[Result]:
    """Gives the converter what it must refuse."""
    from bad_weights import write_bad_files

    say("Writing files to refuse")
    results: list[Result] = []
    cases = [
        (bad.case, bad.path, bad.message)
        for bad in write_bad_files(folder / "bad", folder / "weights.h5")
    ]
    cases.append(("no-file", folder / "bad" / "no-such-file.h5", "does not exist"))
    for case, path, message in cases:
        say(f"Refusing: {case}")
        done = run_converter(str(path), "--out", str(folder / "refused"))
        said = done.stderr.strip().splitlines()
        last = said[-1] if said else ""
        nothing = not (folder / "refused").exists() and done.stdout == ""
        ok = done.returncode == BAD_INPUT and message in last and nothing
        results.append({"case": case, "ok": ok, "exitCode": done.returncode, "message": last})
    return results


def run(folder: Path) -> dict[str, list[Result]]:
    """All checks."""
    return {
        "conversions": check_conversions(folder),
        "layouts": check_layouts(folder),
        "refusals": check_refusals(folder),
    }


def main(arguments: list[str]) -> int:
    """Runs the checks; returns the exit code."""
    parser = argparse.ArgumentParser(description="Checks the SENet50 converter.")
    parser.add_argument(
        "--json", action="store_true", help="print the summary as one JSON document"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the files in DIR")
    options = parser.parse_args(arguments)
    try:
        enter_environment(__file__, arguments)
    except CannotWork as error:
        say(f"error: {error}")
        return INTERNAL
    from vggface_senet50 import standard_output_to_error

    with contextlib.ExitStack() as stack:
        folder = options.keep
        if folder is None:
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="mnn-face-convert-"))
            )
        folder.mkdir(parents=True, exist_ok=True)
        output = stack.enter_context(standard_output_to_error())
        began = time.monotonic()
        checks = run(folder)
        seconds = round(time.monotonic() - began, 1)
        parts = [part for group in checks.values() for part in group]
        ok = all(part["ok"] for part in parts)
        if options.json:
            output.write(json.dumps({"ok": ok, "seconds": seconds, **checks}) + "\n")
        else:
            for part in parts:
                output.write(f"{'ok    ' if part['ok'] else 'FAILED'} {json.dumps(part)}\n")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
