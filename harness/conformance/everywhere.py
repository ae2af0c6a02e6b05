"""Laws of repetition: the same in any order, in any process, at any time; nothing lost, nothing raised."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.conformance.law import Breach, Unable, raised
from harness.conformance.rows import Batch
from harness.conformance.samples import HOSTILE, Sample, flat, long_texts

if TYPE_CHECKING:
    from harness.conformance.trial import Trial

Rows = list[dict[str, Any]]
# Seconds that 100,000 characters may take.
PATIENCE = 60.0
_CHILD = "from harness.conformance.elsewhere import main; main()"


def identical(trial: Trial) -> Iterator[Breach]:
    """Nothing at intensity 0, and nothing where it says that nothing could be done."""
    for batch in trial.batches:
        for place, row in enumerate(trial.variant(batch, intensity=0.0)):
            old = {name: batch.table.column(name)[place].as_py() for name in batch.columns}
            if row["touched"] or old != {name: row[name] for name in batch.columns}:
                yield Breach("changed at intensity 0", batch.language, batch.text(place))
    if not trial.edits_rows:
        for sample in trial.samples:
            for rewrite in trial.found(sample).rewrites:
                if rewrite.touched and not rewrite.eligible:
                    note = f"said to be impossible to change, and changed: {rewrite.text!r}"
                    yield Breach(note, sample.language, rewrite.sentence.text)


def deterministic(trial: Trial) -> Iterator[Breach]:
    """The same again, and the same from a copy."""
    copy = deepcopy(trial.perturbation)
    for batch in trial.batches:
        first = trial.variant(batch)
        for what, second in (("again", trial.variant(batch)), ("a copy", trial.variant(batch, None, copy))):
            yield from _different(batch, first, second, what)


def ordered(trial: Trial) -> Iterator[Breach]:
    """The same in reversed order; of texts the same also when each is disturbed alone."""
    for batch in trial.batches:
        count = batch.table.num_rows
        first = trial.variant(batch)
        second = trial.variant(batch, order=range(count)[::-1])[::-1]
        yield from _different(batch, first, second, "in reversed order")
        if not trial.edits_rows:
            alone = [row for place in range(count) for row in trial.variant(batch, order=[place])]
            yield from _different(batch, first, alone, "alone")


def elsewhere(trial: Trial) -> Iterator[Breach]:
    """The same in another process, where strings hash otherwise."""
    first = [trial.variant(batch) for batch in trial.batches]
    second = _in_another_process(trial)
    for batch, here, there in zip(trial.batches, first, second, strict=True):
        yield from _different(batch, here, there, "in another process")


def _in_another_process(trial: Trial) -> list[Rows]:
    if isinstance(trial.packed, str):
        raise Unable(trial.packed)
    job = pickle.dumps((sys.path, trial.packed, trial.perturbation.intensity, trial.batches))
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "rows"
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(place)],
            input=job,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=False,
        )
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise RuntimeError(f"in another process: {''.join(last)}")
        found: list[Rows] = pickle.loads(place.read_bytes())
    return found


def secluded(trial: Trial) -> Iterator[Breach]:
    """The generators that all share are as they were."""
    random.seed(5)
    np.random.seed(5)
    before = random.getstate(), _numpy_state()
    torch = sys.modules.get("torch")
    weights = torch.get_rng_state() if torch else None
    for batch in trial.batches:
        trial.variant(batch)
        if random.getstate() != before[0]:
            yield Breach("it draws from, or seeds, the generator of `random`", batch.language, batch.text(0))
            return
        if _numpy_state() != before[1]:
            yield Breach("it draws from, or seeds, the generator of numpy", batch.language, batch.text(0))
            return
    if torch and not torch.equal(weights, torch.get_rng_state()):
        yield Breach("it draws from, or seeds, the generator of torch")


def _numpy_state() -> list[int]:
    state: Any = np.random.get_state(legacy=False)
    return [*state["state"]["key"].tolist(), state["state"]["pos"]]


def whole(trial: Trial) -> Iterator[Breach]:
    """No text is made empty, at full intensity either, and nothing is raised."""
    for batch in trial.batches:
        for intensity in (None, 1.0):
            try:
                found = trial.variant(batch, intensity)
            except Exception as error:
                yield Breach(raised(error), batch.language, batch.text(0))
                continue
            for place, row in enumerate(found):
                if _lost(batch, place, row):
                    yield Breach("nothing is left of it", batch.language, batch.text(place))


def _lost(batch: Batch, place: int, row: dict[str, Any]) -> bool:
    old = [batch.table.column(name)[place].as_py() for name in batch.columns]
    return any(before and not row[name] for before, name in zip(old, batch.columns, strict=True))


def hardy(trial: Trial) -> Iterator[Breach]:
    """Nothing is raised on hostile texts, and no text is made empty."""
    for language in trial.languages[:: 6 if trial.quick else 1]:
        for name, text in HOSTILE.items():
            for deep in (False, True) if trial.needs_tree else (False,):
                sample = flat(text, language, deep=deep) if trial.needs_tree else Sample(text, language)
                yield from _withstood(trial, sample, name)


def lasting(trial: Trial) -> Iterator[Breach]:
    """A text of 100,000 characters is disturbed within a minute."""
    if trial.quick:
        raise Unable("left out in haste")
    for name, text in long_texts().items():
        language = trial.languages[0]
        sample = flat(text, language, deep=True) if trial.needs_tree else Sample(text, language)
        start = perf_counter()
        yield from _withstood(trial, sample, name)
        seconds = perf_counter() - start
        if seconds > PATIENCE:
            yield Breach(f"{name}: 100,000 characters took {seconds:.0f} s", language)


def _withstood(trial: Trial, sample: Sample, name: str) -> Iterator[Breach]:
    shown = sample.text if len(sample.text) < 500 else f"{sample.text[:20]}..."
    for intensity in (trial.perturbation.intensity, 1.0):
        try:
            (found,) = trial.disturbed([sample], intensity)
        except Exception as error:
            yield Breach(f"{name}: {raised(error)}", sample.language, shown)
            return
        if sample.text.strip() and not found.text.strip():
            yield Breach(f"{name}: nothing is left of it", sample.language, shown)


def _different(batch: Batch, first: Rows, second: Rows, what: str) -> Iterator[Breach]:
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        if one != other:
            name = next(name for name in one if one[name] != other.get(name))
            note = f"{what}: {name} is {_short(other.get(name))}, not {_short(one[name])}"
            yield Breach(note, batch.language, batch.text(place))


def _short(value: object) -> str:
    return repr(value) if len(repr(value)) < 160 else f"{repr(value)[:160]}..."
