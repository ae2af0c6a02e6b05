"""From what was asked for to plans, their execution, and what is printed of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from harness.cli.planned import print_plan
from harness.cli.request import plain
from harness.data.identity import DataPlaces
from harness.errors import HarnessError
from harness.formats import format_named
from harness.plan.build import build_plan
from harness.plan.spec import RunSpec
from harness.plan.stages import Plan
from harness.registry import Registry
from harness.workspace import Workspace

if TYPE_CHECKING:
    from harness.scoring.records import RunRecord
    from harness.text.parses import Parser
    from harness.tracking.tracker import Tracker


@dataclass
class Launch:
    """One invocation of ``harness run``: where things come from and go, and how it is told."""

    console: Console
    registry: Registry
    places: DataPlaces
    store: Workspace
    parser: Parser | None
    prediction_tokens: int | None
    save_seconds: float
    experiment: str | None
    command: str
    workers: int = 0
    compile: bool = False

    def target(self, spec: RunSpec, dry_run: bool) -> list[RunRecord]:
        """Plan and run one target."""
        plan = self._plan(spec, dry_run)
        if self.registry.plugin_note:
            self.console.print(f"[yellow]{self.registry.plugin_note}[/]")
        return [] if dry_run else self._execute(plan)

    def suite(self, spec: RunSpec, name: str, dry_run: bool) -> list[RunRecord]:
        """Plan all targets of a suite, run them one after the other, and print the suite's averages.

        A target that cannot be planned or run is left out and named; the others go on.

        Raises:
            HarnessError: nothing could be planned, or a target failed while it ran.
        """
        suite = self.registry.suite(name)
        plans: list[Plan] = []
        left: dict[str, str] = {}
        for target in suite.tasks:
            try:
                plans.append(self._plan(self._for_target(spec, target), dry_run))
            except HarnessError as error:
                left[target] = _told(error)
        self._say_left(left)
        if not plans:
            raise HarnessError(f"no target of suite {name} can be run", "The lines above say why.")
        if self.registry.plugin_note:
            self.console.print(f"[yellow]{self.registry.plugin_note}[/]")
        if dry_run:
            return []
        records: list[RunRecord] = []
        failed: dict[str, str] = {}
        for plan in plans:
            try:
                records += self._execute(plan)
            except HarnessError as error:
                failed[plan.spec.target] = _told(error)
                self._say_left({plan.spec.target: _told(error)})
        self._summary(name, records)
        if failed:
            raise HarnessError(
                f"{len(failed)} of {len(plans)} targets of {name} failed: {' '.join(failed)}",
                "The lines above say why; what is done is kept: give the same command again.",
            )
        return records

    def _summary(self, name: str, records: list[RunRecord]) -> None:
        """Print all targets in all languages and the suite's averages, keep them as JSON, and log them."""
        from harness.report.suite import suite_table, target_table
        from harness.scoring.suites import suite_runs
        from harness.tracking.suites import log_suite

        if not records:
            return
        suite = self.registry.suite(name)
        variants = dict.fromkeys(variant.label for record in records for variant in record.variants)
        for variant in variants:
            self.console.print(target_table(records, variant))
        scored = [(variant, suite_runs(suite, records, variant)) for variant in variants]
        for _, scores in scored:
            self.console.print(suite_table(scores))
        every = [each for _, scores in scored for each in scores]
        with self._tracker({"suite": name, "runs": [record.run_id for record in records]}, {}) as tracker:
            log_suite(tracker, every, records, self.store.reports / "suites")

    def _tracker(self, resolved: dict[str, Any], environment: dict[str, Any]) -> Tracker:
        from harness.tracking.tracker import Tracker

        return Tracker.open(
            self.store.folder, self.command, resolved, environment, experiment=self.experiment
        )

    def _for_target(self, spec: RunSpec, name: str) -> RunSpec:
        """Return the spec for one target of a suite: the languages that it has, and no disturbance it cannot bear."""
        task = self.registry.task(name)
        spec = replace(spec, target=name)
        if spec.languages:
            shared = tuple(language for language in spec.languages if language in task.languages)
            if not shared:
                raise HarnessError(f"{name} has none of the languages {' '.join(spec.languages)}")
            spec = replace(spec, languages=shared)
        shape = format_named(task.format)
        if spec.perturbations and not shape.texts:
            self.console.print(f"[yellow]Note:[/] {name} is not disturbed: its format has no text to disturb")
            spec = replace(spec, perturbations=())
        if spec.fields:
            fields = tuple(each for each in spec.fields if each in shape.texts)
            spec = replace(spec, fields=fields)
        if spec.metric and spec.metric not in shape.metrics:
            spec = replace(spec, metric=None)
        if spec.control and not shape.trains:
            spec = replace(spec, control=None)
        return spec

    def _say_left(self, left: dict[str, str]) -> None:
        for target, reason in left.items():
            self.console.print(f"[yellow]left out[/] {target}: {reason}", highlight=False, soft_wrap=True)

    def _plan(self, spec: RunSpec, dry_run: bool) -> Plan:
        plan = build_plan(spec, self.registry, self.places, self.parser)
        print_plan(self.console, plan, self.places, self.store, brief=not dry_run)
        return plan

    def _execute(self, plan: Plan) -> list[RunRecord]:
        from harness.execute.context import Context
        from harness.execute.local import LocalExecutor, environment_of
        from harness.execute.progress import RichProgress
        from harness.execute.workers import Workers
        from harness.report import summary_table

        context = Context(
            plan,
            self.registry,
            self.places,
            self.store,
            self.parser,
            RichProgress(self.console),
            self.prediction_tokens,
            self.save_seconds,
            lambda note: self.console.print(f"[yellow]Note:[/] {note}", highlight=False),
            Workers(self.workers),
            self.compile,
        )
        resolved = {
            "spec": plan.spec,
            "device": plan.device,
            "precision": plan.precision,
            "languages": plan.languages,
            "stages": [stage.identity for stage in plan.train.values()],
            "commits": {name: found.commit for name, found in self.places.revisions.resolved.items()},
        }
        with self._tracker(plain(resolved), environment_of(context)) as tracker:
            records = LocalExecutor(plan, context, tracker, self.command).run()
        for warning in tracker.warnings:
            self.console.print(f"[yellow]Warning:[/] {warning}", highlight=False)
        for record in records:
            self.console.print(summary_table(record))
            self.console.print(f"run {record.run_id[:12]}  report {self._report(record)}", soft_wrap=True)
        if len(records) > 1:
            ids = " ".join(record.run_id[:8] for record in records)
            self.console.print(f"Compare them: harness compare {ids}")
        return records

    def _report(self, record: RunRecord) -> Path:
        return self.store.reports / record.run_id / "report.html"


def _told(error: HarnessError) -> str:
    return f"{error.message} {error.mend}".strip()
