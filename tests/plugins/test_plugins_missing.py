"""A name that a blocked plugin would have: the error says that it is blocked."""

from __future__ import annotations

import pytest

from harness.errors import UnknownName
from harness.registry import load_registry


def test_an_unknown_name_says_which_plugins_are_blocked() -> None:
    registry = load_registry(blocked=["noise"])
    with pytest.raises(UnknownName, match=r"Blocked: noise\."):
        registry.perturbations(["noise"])
    assert registry.plugin_note == ""
