"""The follower: a process that sends a journal to MLflow while the invocation that writes it works.

It is no thread of the invocation: importing mlflow and writing to its database hold Python's lock for seconds,
and training would stand still.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.tracking.catchup import follow
from harness.tracking.store import Destination, reason

MEND = "Nothing is lost: `harness sync` logs the rest."
_PAUSE, _RETRY = 2.0, 60.0
# Training comes first: on cores that are all taken, the process gets a hundredth of the time.
_NICE = 19
Warn = Callable[[str], None]


class Follower:
    """The following process, seen from the invocation.

    Args:
        folder: the folder of journals; those that MLflow lacks are sent, too.
        own: the invocation's own journal, which is followed until `finish`; None: it writes none.
        warn: called, in a thread, with what the process has to say.
    """

    def __init__(self, folder: Path, place: Destination, own: Path | None, warn: Warn) -> None:
        self._warn = warn
        # In a process group of its own: Ctrl-C in the terminal is not meant for it. In a session of its own it
        # would have a share of the processor that niceness does not lower.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "harness.tracking.follower"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
            text=True,
        )
        # Not as arguments, which anyone may read: the address may hold a password.
        self._say({"folder": str(folder), "uri": place.uri, "experiment": place.experiment,
                   "own": str(own) if own else None})  # fmt: skip
        self._reader = threading.Thread(target=self._read, name="mlflow", daemon=True)
        self._reader.start()

    def finish(self, patience: float) -> None:
        """Let it send what is left, for `patience` seconds at most."""
        self._say("stop")
        self._reader.join(patience)
        if self._reader.is_alive():
            self._warn(f"MLflow is not done after {patience:.0f} s. {MEND}")
            self._process.kill()
        if self._process.wait() > 0:
            self._warn(f"MLflow's follower ended with code {self._process.returncode}. {MEND}")

    def _say(self, what: object) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it is gone, and its code says so at the end
            print(json.dumps(what), file=self._process.stdin, flush=True)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._warn(json.loads(line))


def replay(folder: Path, place: Destination, own: Path | None, stop: threading.Event, warn: Warn) -> None:
    """Follow the journal until `stop` is set and all of it is sent; while MLflow is away, try again now and then."""
    told = False
    while True:
        last = stop.is_set()
        try:
            return follow(folder, place, own, stop, _PAUSE, warn)
        except Exception as error:
            if not told:
                warn(f"MLflow at {place.shown} failed: {reason(error)}. {MEND}")
            told = True
        if last:
            return
        stop.wait(_RETRY)


def main() -> None:
    """Be the process: read what to do, follow, and end when told to or when the invocation is gone."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    asked = json.loads(sys.stdin.readline())
    # What mlflow prints is no warning of ours.
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    stop = threading.Event()

    def wait() -> None:
        sys.stdin.readline()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    own = Path(asked["own"]) if asked["own"] else None
    place = Destination(asked["uri"], asked["experiment"])
    replay(Path(asked["folder"]), place, own, stop, lambda line: print(json.dumps(line), file=told))


if __name__ == "__main__":
    main()
