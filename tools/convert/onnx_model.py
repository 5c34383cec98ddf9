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

from environment import enter_environment
from failures import BAD_INPUT, INTERNAL, OK, BadInput, CannotWork
from vggface_senet50 import standard_output_to_error


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="onnx_model.py", description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, default=Path("."), help="the folder to write to")
    parser.add_argument("--name", help="the model's name (default: the file's)")
    parser.add_argument("--fp16", action="store_true", help="half-float weights: half the size")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> dict[str, object]:
    import onnx
    from mnn_model import convert

    if not options.model.is_file():
        raise BadInput(f"There is no file {options.model}.")
    try:
        onnx.checker.check_model(str(options.model))
    except Exception as error:  # onnx raises many kinds, all of which mean the same here
        raise BadInput(f"{options.model} is no valid ONNX model: {str(error).splitlines()[0]}") from error
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"{options.name or options.model.stem}.mnn"
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        converted = Path(folder) / "model.mnn"
        convert(options.model, converted, options.fp16)
        os.replace(converted, target)
    return {"model": str(target), "bytes": target.stat().st_size}


def main(arguments: list[str]) -> int:
    """Runs the converter; returns the exit code."""
    options = parse_arguments(arguments)
    try:
        enter_environment(__file__, arguments)
        with standard_output_to_error() as output:
            output.write(json.dumps(run(options)) + "\n")
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except CannotWork as error:
        print(f"error: {error}", file=sys.stderr)
        return INTERNAL
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
