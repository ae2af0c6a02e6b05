"""Data stages done beside training and prediction: a thread asks the workers, which are other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from harness.errors import HarnessError
from harness.execute.progress import Bar


class Beside:
    """Pieces of work done one after the other while whoever gave them goes on.

    What fails is told to the first who waits for it. After `close` nothing more is begun.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "beside")
        self._given: dict[str, Future[None]] = {}
        self._closed = Event()

    def give(self, key: str, act: Callable[[], None]) -> None:
        """Take on a piece of work under a key of its own."""
        self._given[key] = self._thread.submit(self._do, act)

    def pending(self, key: str) -> bool:
        """Say whether a piece of work is not done yet."""
        return key in self._given and not self._given[key].done()

    def wait(self, key: str) -> None:
        """Return when the work under a key is done, at once where there is none; raise what it raised."""
        found = self._given.get(key)
        if found is not None:
            found.result()

    def close(self) -> None:
        """Begin nothing more; what is at work may end."""
        self._closed.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _do(self, act: Callable[[], None]) -> None:
        if self._closed.is_set():
            raise HarnessError("the run was stopped before its rows were disturbed", "Run it again.")
        act()


class Quiet:
    """Progress that shows nothing: a terminal has room for one bar."""

    @contextmanager
    def work(self, title: str, total: float) -> Iterator[Bar]:
        """Show nothing while the block runs."""
        yield _Nothing()


class _Nothing:
    def to(self, done: float, note: str = "") -> None:
        """Show nothing."""
