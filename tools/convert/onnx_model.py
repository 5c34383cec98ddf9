#!/usr/bin/env python3
"""Converts an ONNX model into an MNN model for mnn-face.

    python3 tools/convert/onnx_model.py FILE.onnx [--out DIR] [--name NAME] [--fp16]

Writes NAME.mnn. Progress goes to standard error, one JSON document to standard output. Exit code 0:
done; 2: the file is not usable; 3: the converter cannot work here.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from environment import SLIM, enter_environment
from failures import BAD_INPUT, INTERNAL, OK, BadInput, CannotWork

MOST_BYTES = (1 << 31) - 1  # of a protobuf message
# Written into the file; part of its bytes, so it stays as it is.
LABEL = "mnn-face"


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line; argparse exits with 2 when it is wrong, as we do."""
    parser = argparse.ArgumentParser(prog="onnx_model.py", description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, default=Path("."), help="the folder to write to")
    parser.add_argument("--name", help="the model's name (default: the file's)")
    parser.add_argument("--fp16", action="store_true", help="half-float weights: half the size")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> dict[str, object]:
    """The whole conversion; returns the summary."""
    from input_file import read_input
    from mnn_converter import convert_given
    from onnx_check import check_onnx

    check_onnx(read_input(options.model, MOST_BYTES), str(options.model))
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"{options.name or options.model.stem}.mnn"
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        converted = Path(folder) / "model.mnn"
        half = ("--fp16",) if options.fp16 else ()
        # The file where it is: it may have its weights in files beside it.
        convert_given("ONNX", options.model, converted, LABEL, half, name=str(options.model))
        os.replace(converted, target)
    return {"model": str(target), "bytes": target.stat().st_size}


def main(arguments: list[str]) -> int:
    """Runs the converter; returns the exit code."""
    options = parse_arguments(arguments)
    try:
        enter_environment(__file__, arguments, SLIM)
        print(json.dumps(run(options)), flush=True)
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except (CannotWork, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return INTERNAL
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
