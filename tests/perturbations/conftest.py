"""Lets the tests of perturbations use the texts of the tests of text."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "text"))
