"""``harness bench start`` times commands in fresh processes."""

from __future__ import annotations

from harness.bench.starting import measure


def test_each_command_is_timed_as_often_as_asked() -> None:
    said: list[str] = []
    (found,) = measure([["--version"]], 2, said.append)
    assert found.command == "harness --version"
    assert len(found.ours) == len(found.plain) == 2
    assert found.ratio > 0
    assert len(said) == 3
