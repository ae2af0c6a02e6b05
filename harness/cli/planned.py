"""A plan on the terminal: stages, what is done, examples, estimated cost."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from harness.data.identity import DataPlaces
from harness.plan.estimate import SUBWORDS, WORDS, cell_examples, estimate, stage_examples
from harness.plan.stages import Plan
from harness.workspace import Workspace

UNKNOWN = "?"
OPERATIONS = ((1e15, "PFLOP"), (1e12, "TFLOP"), (1e9, "GFLOP"), (1, "FLOP"))


def print_plan(console: Console, plan: Plan, places: DataPlaces, workspace: Workspace, brief: bool) -> None:
    """Print the plan; in `brief` only what is left to do, in a line."""
    if brief:
        train = sum(not workspace.done("train", key) for key in plan.train)
        cells = sum(not workspace.done("evaluate", key) for key in plan.evaluate)
        console.print(
            f"{len(plan.runs)} runs on {plan.device} in {plan.precision}: "
            f"{train} of {len(plan.train)} train stages and {cells} of {len(plan.evaluate)} cells to do",
            highlight=False,
        )
        return
    spec = plan.spec
    console.print(
        f"model {spec.model}  target {spec.target} ({plan.split})  recipe {spec.recipe}  "
        f"device {plan.device}  precision {plan.precision}  workspace {workspace.folder}",
        highlight=False,
        soft_wrap=True,
    )
    for key, stage in plan.translate.items():
        console.print(
            f"{stage.title} by {stage.translator}: {_state(workspace, 'translate', key)}", highlight=False
        )
    if plan.train:
        console.print(_train_table(plan, workspace))
    console.print(_evaluate_table(plan, places, workspace))
    for run in plan.runs:
        console.print(f"run {run.run_id[:12]}  {run.name}", highlight=False)
    _print_reasons(console, plan)
    _print_estimate(console, plan, places, workspace)


def _train_table(plan: Plan, workspace: Workspace) -> Table:
    table = Table(title="Train stages", title_justify="left")
    for name in ("stage", "phase", "seed", "from", "examples", "learning rate", "batch", "key", "state"):
        table.add_column(name, justify="right" if name in {"seed", "examples", "batch"} else "left")
    for key, stage in plan.train.items():
        examples = stage_examples(stage)
        table.add_row(
            stage.title,
            stage.phase,
            str(stage.seed),
            stage.parent[:8] if stage.parent else stage.model,
            UNKNOWN if examples is None else f"{examples:,}",
            f"{stage.recipe.learning_rate:g}",
            str(stage.recipe.batch_size),
            key[:8],
            _state(workspace, "train", key),
        )
    return table


def _evaluate_table(plan: Plan, places: DataPlaces, workspace: Workspace) -> Table:
    table = Table(
        title=f"Cells: {len(plan.languages)} languages, {len(plan.runs)} runs", title_justify="left"
    )
    for name in ("variant", "meaning", "languages", "examples", "done", "not served"):
        table.add_column(name, justify="right" if name in {"examples", "done"} else "left")
    for variant in plan.variants:
        cells = [cell for run in plan.runs for cell in run.cells if cell.variant == variant.label]
        served = [cell for cell in cells if cell.key]
        counts = [cell_examples(plan.evaluate[cell.key], places) for cell in served if cell.key]
        known = [count for count in counts if count is not None]
        done = sum(workspace.done("evaluate", cell.key) for cell in served if cell.key)
        unserved = list(dict.fromkeys(cell.language for cell in cells if not cell.key))
        table.add_row(
            variant.label,
            "kept" if variant.keeps_meaning or variant.perturbation is None else "not kept",
            " ".join(dict.fromkeys(cell.language for cell in served)),
            f"{sum(known):,}" if len(known) == len(counts) else UNKNOWN,
            f"{done}/{len(served)}",
            " ".join(unserved),
        )
    return table


def _print_reasons(console: Console, plan: Plan) -> None:
    reasons: dict[str, list[str]] = {}
    for cell in plan.runs[0].cells:
        if cell.key is None:
            reasons.setdefault(f"{cell.variant}: {cell.reason}", []).append(cell.language)
    for reason, languages in reasons.items():
        console.print(
            f"[yellow]not served[/] {' '.join(languages)}: {reason}", highlight=False, soft_wrap=True
        )


def _print_estimate(console: Console, plan: Plan, places: DataPlaces, workspace: Workspace) -> None:
    cost = estimate(plan, places, workspace)
    parts = [
        f"{'unknown' if cost.train_examples is None else format(cost.train_examples, ',')} training examples",
        f"{'unknown' if cost.evaluate_examples is None else format(cost.evaluate_examples, ',')} predictions",
    ]
    if plan.search and cost.queries != 0:
        asked = "an unknown number" if cost.queries is None else f"about {cost.queries:,}"
        parts.append(f"{asked} more by searches ({WORDS} words an example assumed)")
    if cost.operations is not None:
        parts.append(f"about {_operations(cost.operations)} ({SUBWORDS} subwords an example assumed)")
    if cost.disk is not None:
        parts.append(f"at most {cost.disk / 1e9:,.2g} GB of checkpoints")
    console.print(f"Still to do: {', '.join(parts)}.", highlight=False, soft_wrap=True)


def _operations(count: float) -> str:
    size, unit = next((size, unit) for size, unit in OPERATIONS if count >= size or size == 1)
    return f"{count / size:,.3g} {unit}"


def _state(workspace: Workspace, kind: str, key: str) -> str:
    if workspace.done(kind, key):
        return "done"
    saved = sorted(int(path.name.partition("-")[2]) for path in workspace.partial(kind, key).glob("state-*"))
    return f"stopped at step {saved[-1]:,}" if saved else "to do"
