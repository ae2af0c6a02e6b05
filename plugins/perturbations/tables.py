"""Tables that lie beside the perturbations: YAML files, so that who knows the language can mend them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def read_table(name: str) -> Any:
    """Return the content of the YAML file `name` in this folder, read once: it must not be changed."""
    import yaml

    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    # libyaml's parser, where PyYAML was built with it, takes a tenth of the time.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
