"""What of a suite is logged: its averages, as a run of their own beside the targets' runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from harness.keys import key
from harness.scoring.records import RunRecord
from harness.scoring.suites import SuiteScores
from harness.tracking.tracker import Tracker


def log_suite(
    tracker: Tracker, scores: Sequence[SuiteScores], records: Sequence[RunRecord], folder: Path
) -> list[Path]:
    """Write each suite's scores as JSON into `folder` and log them; return the files."""
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    runs = sorted(record.run_id for record in records)
    for each in scores:
        run_id = key({"suite": each.suite.name, "run": each.name, "variant": each.variant, "runs": runs})
        path = folder / f"{run_id}.json"
        path.write_text(json.dumps(each.plain(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        paths.append(path)
        if tracker.already_logged(run_id):
            continue
        params: dict[str, str | float | int] = {
            "suite": each.suite.name,
            "model": each.model,
            "intermediate": each.intermediate,
            "seed": each.seed,
            "recipe": each.recipe,
            "variant": each.variant,
        }
        title = f"{each.suite.name}: {each.name}" + ("" if each.variant == "clean" else f" on {each.variant}")
        tracker.run(
            run_id,
            title,
            kind="suite",
            params=params,
            tags={name: str(value) for name, value in params.items()},
        )
        tracker.metrics(run_id, 0, suite_metrics(each))
        tracker.artifact(run_id, path)
        tracker.end(run_id)
    return paths


def suite_metrics(scores: SuiteScores) -> dict[str, float]:
    """Return the metrics of a suite: ``suite/<name>/score``, of each group and of each task."""
    place = f"suite/{scores.suite.name}"
    found = {f"{place}/score": scores.total.score}
    found |= {f"{place}/{group}/score": mean.score for group, mean in scores.groups.items()}
    found |= {f"{place}/{task.task}/score": task.score for task in scores.tasks}
    return {name: float(value) for name, value in found.items() if value is not None}
