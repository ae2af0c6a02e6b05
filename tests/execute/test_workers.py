"""Rows are disturbed alike in this process and in any number of others."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pytest
from harness_plugins.perturbations.noise import Swap
from harness_plugins.perturbations.syntactic import Shuffle

from harness import HarnessError, Perturbation
from harness.execute import workers as module
from harness.execute.workers import Job, Workers, default_workers
from harness.formats import format_named
from harness.text import disturb_table
from harness.text.parses import UDPipe

TEXTS = [f"The {word} dog number {number} chased a cat." for word in ("old", "big") for number in range(40)]


def rows() -> pa.Table:
    return pa.table(
        {
            "id": [str(number) for number in range(len(TEXTS))],
            "first": TEXTS,
            "second": pa.array([None, *TEXTS[1:]], pa.string()),
            "label": ["a"] * len(TEXTS),
        }
    )


class Neighbour(Perturbation):
    """Takes over the text of the row before, and changes the label of every tenth row."""

    name, family, columns = "neighbour", "adversarial", ("first",)

    def edit(self, row, rows, rng, intensity):
        number = int(row["id"])
        new = {"first": rows.column("first")[number - 1]}
        return new | {"label": "b"} if number == 7 else new


def job(perturbation: Perturbation, table: pa.Table | None = None) -> Job:
    columns = ("first",) if perturbation.columns else ("first", "second")
    place = (("rows",), None)
    shape = format_named("pair-classification")
    return Job(perturbation, place, rows() if table is None else table, columns, "en", 3, 0.5, shape)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 17)
    monkeypatch.setattr(module, "FEWEST", 10)


@pytest.fixture(scope="module")
def two():
    workers = Workers(2)
    yield workers
    workers.close()


@pytest.mark.parametrize("perturbation", [Swap(), Shuffle()], ids=lambda each: each.name)
def test_any_number_of_processes_makes_the_same_variant(small, two, perturbation):
    asked = job(perturbation)
    whole = disturb_table(
        perturbation, asked.table, asked.columns, language="en", seed=3, intensity=0.5, shape=asked.shape
    )
    for workers in (Workers(0), two):
        told: list[int] = []
        found = workers.disturb(asked, told.append)
        assert found.schema == whole.schema
        assert found.to_pylist() == whole.to_pylist()
        assert told == sorted(told)
        assert told[-1] == len(TEXTS)
    assert two.count == 2


def test_an_edit_of_rows_sees_all_of_them_in_every_worker(small):
    asked = job(Neighbour())
    found = Workers(0).disturb(asked, lambda done: None)
    assert found["first"].to_pylist() == [TEXTS[-1], *TEXTS[:-1]]
    parts = []
    bench = module._Bench()
    bench.take(asked.place, asked.table)
    for low, high in module._chunks(asked, 3):
        parts.append(bench.disturb(asked, low, high))
    assert len(parts) == 3
    assert module._joined(asked.table, parts).to_pylist() == found.to_pylist()


def test_what_cannot_be_sent_is_done_here(small, two):
    class Local(Swap):
        pass

    assert two.disturb(job(Local()), lambda done: None).num_rows == len(TEXTS)
    assert two.count == 2


def test_a_failure_in_a_worker_names_the_example(small, two):
    broken = Shuffle()
    broken.size = 0
    with pytest.raises(HarnessError, match="failed on example 0, column first"):
        two.disturb(job(broken), lambda done: None)
    assert two.disturb(job(Swap()), lambda done: None).num_rows == len(TEXTS)


def test_no_row_is_no_chunk_too_few(small):
    assert Workers(0).disturb(job(Swap(), rows().slice(0, 0)), lambda done: None).num_rows == 0


def test_a_core_is_left_for_others():
    assert 0 <= default_workers() <= 8
    assert default_workers() < max(os.cpu_count() or 1, 2)


SCRIPT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # one started in the background inherits that it is ignored
sys.path.insert(0, {folder!r})
from test_workers import *
module.FEWEST = 1
if __name__ == "__main__":
    workers = Workers(2)
    workers.disturb(job(Swap()), lambda done: None)
    print(*[pid for pool in workers._pools for pid in pool._processes], flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(tmp_path, sent):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(folder=os.path.dirname(__file__)))
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 2
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)
    else:
        process.kill()
    process.wait(20)
    deadline = time.monotonic() + 20
    while any(map(_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_alive, pids))


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from test_workers import *
if __name__ == "__main__":
    table = pa.concat_tables([rows()] * 500).combine_chunks()
    workers = Workers(2)

    killed = []

    def told(done):
        if not killed:
            killed.append(next(iter(workers._pools[0]._processes)))
            os.kill(killed[0], signal.SIGKILL)

    print(workers.disturb(job(Swap(), table), told).num_rows, workers.count, flush=True)
    workers.close()
"""


def test_where_a_worker_is_killed_this_process_does_its_work_and_ends(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED.format(folder=os.path.dirname(__file__)))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == [str(500 * len(TEXTS)), "0"]
    assert (done.returncode, done.stderr) == (0, "")


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Letters(UDPipe):
    """A parser that needs no models: of each text its letters, and what process it was read in."""

    def parse(self, texts, language):
        return [f"{language} {text} {os.getpid()}" if text else None for text in texts]


def test_texts_are_parsed_in_several_processes_in_their_order(two, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PARSED", 10)
    told = []
    found = two.parse(Letters(tmp_path), [*TEXTS, ""], "en", told.append)
    assert [tree and tree.rpartition(" ")[0] for tree in found] == [*(f"en {text}" for text in TEXTS), None]
    processes = {tree.rpartition(" ")[2] for tree in found if tree}
    assert len(processes) == 2
    assert str(os.getpid()) not in processes
    assert told[-1] == len(found)


def test_a_parser_leaves_its_models_behind(tmp_path):
    parser = UDPipe(tmp_path)
    parser._pipelines["en"] = lambda text: text
    assert pickle.loads(pickle.dumps(parser))._pipelines == {}


def test_few_texts_are_parsed_here(tmp_path):
    assert Workers(2).parse(Letters(tmp_path), ["a"], "en", lambda done: None) == [f"en a {os.getpid()}"]
