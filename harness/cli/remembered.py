"""What was listed before, kept with all that it was made of: asked again, it is not made again.

Making it loads every plugin. It is kept only where each of them loaded, and holds as long as nothing is another
than it was: the files and folders that were read, where modules are looked for, the options, the environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

# What differs from shell to shell, and decides nothing.
_IDLE = {"_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL"}
# A file that was changed as lately as this might be changed again within the same tick of its clock.
_SETTLED = 2.0
_KEPT = 16
_READ = {"open", "os.listdir", "os.scandir"}
_heard: set[str] | None = None


def remembered(asked: object, files: Iterable[Path], make: Callable[[], tuple[Any, bool]]) -> Any:
    """Return what `make` returns first, as JSON holds it; from memory where that is as good.

    Args:
        asked: what it depends on besides files, as JSON.
        files: what it depends on and may not be there yet.
        make: returns the value, and whether it may be kept.
    """
    from harness import __version__

    environment = sorted((name, value) for name, value in os.environ.items() if name not in _IDLE)
    about = [asked, __version__, sys.version, sys.path, os.getcwd(), environment]
    place = (
        _folder() / f"{hashlib.sha256(json.dumps(about).encode('utf-8', 'replace')).hexdigest()[:32]}.json"
    )
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(place.read_text(encoding="utf-8"))
        if all(_state(path) == state for path, state in kept["made of"].items()):
            return kept["value"]
    started = time.time()
    (value, keep), read = _listening(make)
    value = json.loads(json.dumps(value, default=str))
    made_of = {path: _state(path) for path in {*read, *_modules(), *sys.path, *map(str, files)}}
    lately = (started - _SETTLED) * 1e9
    if keep and all(state is None or state[0] < lately for state in made_of.values()):
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            aside = place.with_suffix(f".{os.getpid()}")
            aside.write_text(json.dumps({"made of": made_of, "value": value}), encoding="utf-8")
            aside.replace(place)
            for old in sorted(place.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
                old.unlink()
    return value


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "transfer-harness" / "listed"


def _state(path: str) -> list[int] | None:
    """Return what tells a file or folder from what it was; None where there is none."""
    try:
        found = os.stat(path or ".")
    except (OSError, ValueError):
        return None
    return [found.st_mtime_ns, found.st_size]


def _modules() -> set[str]:
    """Return the files of all modules: of those that were compiled before, Python opens the compiled file only."""
    return {file for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))}


def _listening(make: Callable[[], tuple[Any, bool]]) -> tuple[tuple[Any, bool], set[str]]:
    """Call `make` and return what it returns, and the files and folders that were read meanwhile."""
    global _heard
    _listen()
    heard: set[str] = set()
    _heard = heard
    try:
        made = make()
    finally:
        _heard = None
    return made, {os.path.abspath(path) for path in heard if not path.endswith(".pyc")}


@cache
def _listen() -> None:
    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if _heard is not None and event in _READ and isinstance(arguments[0], (str, os.PathLike)):
            _heard.add(os.fspath(arguments[0]))

    sys.addaudithook(hear)
