"""Lets the tests of the laws, and other processes, import the perturbations that break them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "text"))
