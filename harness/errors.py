"""Errors that a user can mend."""

from __future__ import annotations


class HarnessError(Exception):
    """Something the user can mend: what is wrong, where, and how to mend it.

    The command line prints it in one or two lines, without a traceback, and exits with code 2.

    Args:
        message: what is wrong and where (file, line, row, plugin).
        mend: what to do about it; printed on a line of its own.
    """

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message}\n{self.mend}" if self.mend else self.message


class UnknownName(HarnessError):
    """A name that nothing answers to; the message holds near names."""
