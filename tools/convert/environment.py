"""The converter's own virtual environment: made once per user, standard library only.

It lies in the user's cache (the same folder as src/models/user-cache.ts), named by a hash of
requirements.txt and of the interpreter. A marker file written last tells a finished environment
from one whose installation was interrupted, which is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from failures import CannotWork

REQUIREMENTS = Path(__file__).resolve().with_name("requirements.txt")
OLDEST_PYTHON = (3, 10)
MARKER = "mnn-face-complete"


def user_cache() -> Path:
    """The per-user cache of mnn-face: MNN_FACE_CACHE, else the platform's usual place."""
    chosen = os.environ.get("MNN_FACE_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "mnn-face"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mnn-face"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mnn-face"


def environment_folder() -> Path:
    """Where the environment for these requirements and this interpreter lies."""
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    key = hashlib.sha256(REQUIREMENTS.read_bytes())
    key.update(f"{sys.version_info[:2]} {base}".encode())
    return (user_cache() / f"convert-venv-{key.hexdigest()[:12]}").absolute()


def environment_python(folder: Path) -> Path:
    """The interpreter inside the environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_inside(folder: Path) -> bool:
    """Whether this process already runs in the environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(folder)


def check_python() -> None:
    """Refuses an interpreter that cannot make the environment."""
    if sys.version_info < OLDEST_PYTHON:
        raise CannotWork(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old for the converter: "
            "run it with Python 3.10 or newer."
        )
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise CannotWork(
            f"This Python has no {' and no '.join(missing)}, so the converter cannot make its virtual "
            "environment: on Debian or Ubuntu run `apt install python3-venv`, elsewhere use a complete "
            "Python 3.10 or newer."
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps two runs from making the environment at once, where the system has file locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_step(arguments: list[str], purpose: str) -> None:
    """Runs one step of the installation; its output goes to standard error."""
    result = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if result.returncode != 0:
        raise CannotWork(
            f"Could not {purpose} (exit code {result.returncode}, see above). It needs pip's package "
            "index, and wheels of MNN and onnxruntime for this system (x86-64 or 64-bit ARM); a model "
            "converted on another computer works here as it is."
        )


def make_environment(folder: Path) -> None:
    """Makes the environment, unless it is already there and complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(folder.name + ".lock")):
        # The interpreter is a link to the one that made the environment, which may be gone.
        if (folder / MARKER).exists() and environment_python(folder).exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        print(
            f"Making the converter's Python environment in {folder} (once, about a minute)",
            file=sys.stderr,
            flush=True,
        )
        run_step([sys.executable, "-m", "venv", str(folder)], "make a virtual environment")
        run_step(
            [
                str(environment_python(folder)),
                "-E",
                "-s",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-input",
                "--disable-pip-version-check",
                "--only-binary",
                ":all:",
                "--requirement",
                str(REQUIREMENTS),
            ],
            "install the converter's packages",
        )
        (folder / MARKER).write_text("complete\n")


def enter_environment(script: str, arguments: list[str]) -> None:
    """Returns at once inside the environment; else makes it and runs the script again in it."""
    folder = environment_folder()
    if is_inside(folder):
        return
    check_python()
    try:
        make_environment(folder)
    except OSError as error:
        raise CannotWork(
            f"Could not make the converter's Python environment: {error}. "
            "Set MNN_FACE_CACHE to a folder that can be written."
        ) from error
    python = str(environment_python(folder))
    command = [python, "-E", "-s", "-B", os.path.abspath(script), *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":  # execv would return to the shell at once
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(python, command)
