"""Names: near misses, and what may become part of a path."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from harness.errors import HarnessError, UnknownName

# A user's own registry, in the working folder.
USER_FILE = "harness.yaml"
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


def near(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` known names that look like `name`, nearest first."""
    lowered = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), lowered, n=count, cutoff=0.5)
    inside = [key for key in lowered if len(name) > 2 and name.lower() in key and key not in found]
    return [lowered[key] for key in [*found, *sorted(inside)][:count]]


def unknown(kind: str, name: str, known: Iterable[str], note: str = "") -> UnknownName:
    """Return the error for a name that is not known, with near names and a note (failed plugins, say)."""
    known = sorted(known)
    close = near(name, known)
    mend = f"Did you mean {' or '.join(close)}?" if close else f"Known: {', '.join(known) or 'none'}."
    return UnknownName(f"unknown {kind} '{name}'", " ".join(part for part in (mend, note) if part))


def check(kind: str, name: str) -> str:
    """Return `name` if it may stand in keys, metric names and paths; raise HarnessError otherwise."""
    if not SAFE.fullmatch(name) or ".." in name:
        raise HarnessError(
            f"{kind} name {name!r} is not usable",
            "Use letters, digits, '.', '_', '+' and '-', at most 100 of them, beginning with a letter or digit.",
        )
    return name
