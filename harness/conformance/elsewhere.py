"""The other process of the law that a perturbation does the same in every process."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path


def main() -> None:
    """Disturb the rows that come by standard input, and write them into the file that is named."""
    path, inside, intensity, batches = pickle.load(sys.stdin.buffer)
    sys.path[:] = path
    from harness.conformance.trial import disturbed_rows

    perturbation, resources = pickle.loads(inside)
    ready = perturbation.given(resources)
    # In another order, so that what is remembered of one text would show in the next.
    found = [disturbed_rows(ready, batch, intensity) for batch in batches[::-1]][::-1]
    Path(sys.argv[1]).write_bytes(pickle.dumps(found))
