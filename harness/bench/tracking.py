"""How much of a training stage its logging takes: the same steps with the tracker on an sqlite store, and without."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from harness.tracking.environment import environment
from harness.tracking.position import pending
from harness.tracking.store import destination
from harness.tracking.tracker import Tracker

GOAL = 1.02  # the stage's time with logging over that without, at most
LAYERS, WIDTH, BATCH, LENGTH = 2, 128, 32, 38
Step = Callable[[], float]


@dataclass(frozen=True)
class Took:
    """Seconds of a stage: on the wall, and of the training process's processor time."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Tracking:
    """What logging took.

    Attributes:
        steps: of a stage.
        readings: how often the loss was logged in it.
        plain: the stage without logging, one for each repeat; `tracked`: with it.
        waited: seconds at the end of the invocation until MLflow had all, once for all its stages.
        follower: seconds of processor time of the process that feeds MLflow.
        arrived: whether MLflow had all of every journal then.
    """

    steps: int
    readings: int
    plain: tuple[Took, ...]
    tracked: tuple[Took, ...]
    waited: tuple[float, ...]
    follower: tuple[float, ...]
    arrived: bool

    @property
    def ratio(self) -> float:
        """The median time with logging over that without."""
        return median(each.wall for each in self.tracked) / median(each.wall for each in self.plain)

    @property
    def processor_ratio(self) -> float:
        """The same of the processor time that the training process itself took."""
        return median(each.processor for each in self.tracked) / median(each.processor for each in self.plain)


def measure(
    steps: int, repeats: int, heed: Callable[[str], None], step: Callable[[], object] | None = None
) -> Tracking:
    """Run the stage both ways in turn, on a store that is there already.

    Args:
        heed: called with a line before each round.
        step: what a step does; a small encoder's training step by default.
    """
    step = step or training_step()
    plain: list[Took] = []
    tracked: list[Took] = []
    waited: list[float] = []
    follower: list[float] = []
    arrived = True
    with TemporaryDirectory() as folder:
        heed("making the store")
        _tracked(Path(folder), "first", 1, step)
        for number in range(repeats):
            heed(f"round {number + 1} of {repeats}: {steps:,} steps twice")
            for way in ("plain", "tracked")[:: -1 if number % 2 else 1]:
                if way == "plain":
                    plain.append(_plain(steps, step))
                else:
                    before = _children()
                    took, closing, all_there = _tracked(Path(folder), f"round{number}", steps, step)
                    tracked.append(took)
                    follower.append(_children() - before)
                    waited.append(closing)
                    arrived &= all_there
    return Tracking(
        steps, steps // _every(), tuple(plain), tuple(tracked), tuple(waited), tuple(follower), arrived
    )


def training_step(threads: int = 1) -> Step:
    """Return a training step of a small encoder on the CPU, with AdamW: 32 texts of 38 subwords."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, batch_first=True)
    network = torch.nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-5)
    batch = torch.randn(BATCH, LENGTH, WIDTH)

    def step() -> float:
        loss = network(batch).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.detach())

    return step


def _tracked(folder: Path, name: str, steps: int, step: Callable[[], object]) -> tuple[Took, float, bool]:
    """Return what the tracked stage took, the seconds of closing, and whether all has arrived."""
    place = destination(f"sqlite:///{folder}/mlflow.db", "bench")
    about = environment()
    with _taking() as took:
        tracker = Tracker.open(folder, "harness bench track", {}, about, place.uri, place.experiment)
        tracker.run(name, name, kind="stage")
        _steps(steps, step, lambda number: tracker.metrics(name, number, {"train/made/loss": 1 / number}))
        tracker.end(name)
    started = time.perf_counter()
    tracker.close()
    closing = time.perf_counter() - started
    return took[0], closing, not tracker.warnings and not pending(tracker.journal.path, place)


def _plain(steps: int, step: Callable[[], object]) -> Took:
    with _taking() as took:
        _steps(steps, step, lambda number: None)
    return took[0]


def _steps(steps: int, step: Callable[[], object], read: Callable[[int], None]) -> None:
    """Make the steps; `read` is called as often as training reads its loss."""
    every = _every()
    for number in range(1, steps + 1):
        step()
        if number % every == 0:
            read(number)


@contextmanager
def _taking() -> Iterator[list[Took]]:
    """Put what the block takes into the list."""
    took: list[Took] = []
    wall, processor = time.perf_counter(), time.process_time()
    yield took
    took.append(Took(time.perf_counter() - wall, time.process_time() - processor))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _every() -> int:
    from harness.engine.training import LOSS_EVERY

    return LOSS_EVERY
