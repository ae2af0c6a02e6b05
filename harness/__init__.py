"""Zero-shot cross-lingual transfer under disturbed input: all that a plugin's author imports.

    from harness import hookimpl, Perturbation, Rewrite

Importing this package imports no torch, transformers, datasets, mlflow or nlpaug.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.errors import HarnessError as HarnessError
    from harness.formats.base import Batch as Batch
    from harness.formats.base import Encoded as Encoded
    from harness.formats.base import Format as Format
    from harness.formats.base import Inputs as Inputs
    from harness.formats.base import Settings as Settings
    from harness.hookspecs import hookimpl as hookimpl
    from harness.keys import number as number
    from harness.model import Model as Model
    from harness.model import Pretraining as Pretraining
    from harness.perturbation import Perturbation as Perturbation
    from harness.task import HubSource as HubSource
    from harness.task import Task as Task
    from harness.text import Rewrite as Rewrite
    from harness.text import Sentence as Sentence
    from harness.text import Token as Token
    from harness.text import graphemes as graphemes

__version__ = "0.1.0"

_PLACES = {
    "Batch": "harness.formats.base",
    "Encoded": "harness.formats.base",
    "Format": "harness.formats.base",
    "HarnessError": "harness.errors",
    "HubSource": "harness.task",
    "Inputs": "harness.formats.base",
    "Model": "harness.model",
    "Perturbation": "harness.perturbation",
    "Pretraining": "harness.model",
    "Rewrite": "harness.text",
    "Sentence": "harness.text",
    "Settings": "harness.formats.base",
    "Task": "harness.task",
    "Token": "harness.text",
    "graphemes": "harness.text",
    "hookimpl": "harness.hookspecs",
    "number": "harness.keys",
}

__all__ = ["__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
