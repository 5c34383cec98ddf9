"""The two ways in which the tools of this folder fail, and their exit codes."""

from __future__ import annotations

OK = 0
BAD_INPUT = 2
INTERNAL = 3
INTERRUPTED = 130


class BadInput(Exception):
    """The user's file or arguments are not usable; the message says what to do."""


class CannotWork(Exception):
    """The converter itself cannot do its work here; the message says why."""
