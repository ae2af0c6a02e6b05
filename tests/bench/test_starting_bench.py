"""``harness bench start`` times commands in fresh processes."""

from __future__ import annotations

from harness.bench.starting import measure


def test_each_command_is_timed_as_often_as_asked() -> None:
    said: list[str] = []
    found = measure(["--version"], 2, said.append)
    assert [(each.command, each.remembers) for each in found] == [
        ("harness --version", True),
        ("harness --version", False),
    ]
    assert all(len(each.ours) == len(each.plain) == 2 for each in found)
    assert all(each.ratio > 0 for each in found)
    assert len(said) == 3
