"""The executor in this process: data stages, and each run's training, evaluation and scores."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.data.load import NoRowsError
from harness.errors import HarnessError
from harness.execute.beside import Quiet
from harness.execute.context import Context
from harness.execute.tracked import log_evaluation, log_training
from harness.formats import format_named
from harness.names import unknown
from harness.plan.stages import PerturbStage, Plan, PlannedRun, SearchStage
from harness.report import write_report
from harness.scoring.records import Cell, RunRecord, TrainStage
from harness.scoring.scores import score_run
from harness.tracking.tracker import Tracker

PREDICTIONS = "predictions.parquet"


class LocalExecutor:
    """Runs a plan in this process. A finished stage is never done again."""

    def __init__(self, plan: Plan, context: Context, tracker: Tracker, command: str) -> None:
        self.plan, self.context, self.tracker, self.command = plan, context, tracker, command
        self.workspace = context.workspace
        self.without_rows: dict[str, str] = {}

    def run(self) -> list[RunRecord]:
        """Do all that is missing and return the runs' records, in the plan's order."""
        try:
            self._data()
            return [self._run(planned) for planned in self.plan.runs]
        finally:
            self.context.beside.close()
            self.context.workers.close()

    def _data(self) -> None:
        """Read, parse and disturb what missing cells need; this comes first because it fails early.

        Where there are workers, every perturbation is tried on the first language, and the other languages are
        disturbed while the device trains and predicts; but not by perturbations that use the device.
        """
        first = True
        missing = [
            stage for key, stage in self.plan.evaluate.items() if not self.workspace.done("evaluate", key)
        ]
        for language in self.plan.languages:
            mine = [stage for stage in missing if stage.language == language]
            if not mine:
                continue
            try:
                self.context.rows(mine[0].task, mine[0].split, language, mine[0].limit)
            except NoRowsError as error:
                self.without_rows[language] = error.message
                self.context.say(f"{language}: {error.message}")
                continue
            keys = dict.fromkeys(key for stage in mine for key in stage.perturb)
            wanted = [key for key in keys if not self.workspace.done("perturb", key)]
            for key in wanted:
                if key in self.plan.search:  # done once there is a model
                    _parse(self.plan, self.plan.search[key], self.context)
            for key in wanted:
                if key in self.plan.perturb:
                    self._disturb(self.plan.perturb[key], beside=not first)
            first = False
        self.context.beside.give("", self.context.workers.close)

    def _disturb(self, stage: PerturbStage, beside: bool) -> None:
        perturbation = self.context.registry.perturbation(stage.perturbation)
        if beside and self.context.workers.count and "model" not in perturbation.needs:
            quiet = replace(self.context, progress=Quiet())
            self.context.beside.give(stage.key, partial(_disturb, self.plan, stage, quiet))
        else:
            _disturb(self.plan, stage, self.context)

    def _run(self, planned: PlannedRun) -> RunRecord:
        tracked = not self.tracker.already_logged(planned.run_id)
        path = self.workspace.runs / f"{planned.run_id}.json"
        if not tracked and path.is_file():
            return RunRecord.load(path)
        if tracked:
            self._begin(planned)
        for stage_key in planned.train:
            log_training(self.context, self.tracker, planned.run_id, self.plan.train[stage_key], tracked)
        started = time.monotonic()
        examples = self._evaluate(planned)
        tables = self._tables(planned)
        if not tables:
            raise HarnessError(
                f"{self.plan.spec.target} has {self.plan.split} rows in none of the languages "
                f"{' '.join(self.plan.languages)}",
                "; ".join(dict.fromkeys(self.without_rows.values())),
            )
        record = RunRecord.load(path) if path.is_file() else self._record(planned, tables)
        record.save(self.workspace.runs)
        if tracked:
            files = self._artifacts(record, tables)
            log_evaluation(self.context, self.tracker, record, files, examples, time.monotonic() - started)
            self.tracker.end(planned.run_id)
        return record

    def _begin(self, planned: PlannedRun) -> None:
        spec = self.plan.spec
        params = {
            "model": self.context.model.name,
            "intermediate": planned.intermediate,
            "target": spec.target,
            "seed": planned.seed,
            "recipe": spec.recipe,
            "precision": self.plan.precision,
            "split": self.plan.split,
            "limit": "all" if spec.limit is None else spec.limit,
            "languages": len(self.plan.languages),
            "variants": len(self.plan.variants),
            **{f"set.{name}": value for name, value in spec.settings.items()},
        }
        tags = {
            **{name: params[name] for name in ("model", "intermediate", "target", "recipe", "seed")},
            "run_id": planned.run_id,
            "perturbations": " ".join(v.label for v in self.plan.variants if v.perturbation) or "none",
        }
        self.tracker.run(planned.run_id, planned.name, kind="run", params=params, tags=tags)

    def _evaluate(self, planned: PlannedRun) -> int:
        """Predict the run's missing cells; return the number of examples predicted."""
        missing = [
            self.plan.evaluate[cell.key]
            for cell in planned.cells
            if cell.key
            and cell.language not in self.without_rows
            and not self.workspace.done("evaluate", cell.key)
        ]
        if not missing:
            return 0
        from harness.execute.evaluate_stage import run_evaluate
        from harness.execute.search import run_search
        from harness.execute.train_stage import load_network

        recipe = missing[0].recipe
        device = self.context.accelerator.device
        network, data, tokenizer = load_network(self.context, planned, self.plan.spec.target, recipe, device)
        languages = list(dict.fromkeys(stage.language for stage in missing))
        missing.sort(key=lambda stage: languages.index(stage.language))
        for perturb_key in dict.fromkeys(key for stage in missing for key in stage.perturb):
            if perturb_key in self.plan.search and not self.workspace.done("perturb", perturb_key):
                run_search(self.plan.search[perturb_key], network, data, tokenizer, self.context)
        run_evaluate(missing, network, data, tokenizer, self.context)
        return sum(int(self.workspace.read("evaluate", stage.key)["rows"]) for stage in missing)

    def _tables(self, planned: PlannedRun) -> dict[str, dict[str, pa.Table]]:
        tables: dict[str, dict[str, pa.Table]] = {}
        for cell in planned.cells:
            if cell.key and cell.language not in self.without_rows:
                table = self.context.table("evaluate", cell.key, PREDICTIONS)
                tables.setdefault(cell.language, {})[cell.variant] = table
        return tables

    def _record(self, planned: PlannedRun, tables: Mapping[str, Mapping[str, pa.Table]]) -> RunRecord:
        task = self.context.registry.task(self.plan.spec.target)
        cells = tuple(
            Cell(cell.language, cell.variant, None, self.without_rows[cell.language])
            if cell.language in self.without_rows
            else cell
            for cell in planned.cells
        )
        chance = self._chance(planned)
        with self.context.progress.work(f"score {planned.name}", 1):
            kept = [
                variant.label
                for variant in self.plan.variants
                if variant.perturbation and variant.keeps_meaning
            ]
            scores = score_run(tables, metric=self.plan.metric, chance=chance, meaning_kept=kept)
        record = RunRecord(
            run_id=planned.run_id,
            name=planned.name,
            model=self.context.model.name,
            intermediate=planned.intermediate,
            target=task.name,
            seed=planned.seed,
            recipe=self.plan.spec.recipe,
            precision=self.plan.precision,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            command=self.command,
            split=self.plan.split,
            limit=self.plan.spec.limit,
            labels=task.labels,
            chance=chance,
            metric=self.plan.metric,
            settings=self._settings(planned),
            train_stages=tuple(self._train_facts(key) for key in planned.train),
            languages=self.plan.languages,
            variants=self.plan.variants,
            cells=cells,
        )
        return record.with_scores(scores)

    def _chance(self, planned: PlannedRun) -> dict[str, float]:
        """Return the trivial guess's score in each language that was evaluated."""
        chance: dict[str, float] = {}
        for cell in planned.cells:
            if cell.key and cell.language not in self.without_rows and cell.language not in chance:
                facts = self.workspace.read("evaluate", cell.key)
                trivial: dict[str, float] = facts["trivial"]
                if self.plan.metric not in trivial:
                    raise unknown("metric", self.plan.metric, trivial, f"{self.plan.spec.target} has these.")
                chance[cell.language] = trivial[self.plan.metric]
        return chance

    def _settings(self, planned: PlannedRun) -> dict[str, str]:
        """Return the named settings behind the scores, for people: the rule, and what the format uses."""
        task = self.context.registry.task(self.plan.spec.target)
        key = next((cell.key for cell in planned.cells if cell.key), None)
        settings = {"metric": self.plan.metric, "rule": task.scoring, "split": self.plan.split}
        if key is not None:
            recipe = self.plan.evaluate[key].recipe
            uses = ("max_length", *format_named(task.format).uses)
            settings |= {name: str(getattr(recipe, name)) for name in uses}
        return {name: value for name, value in settings.items() if value}

    def _train_facts(self, stage_key: str) -> TrainStage:
        facts = self.workspace.read("train", stage_key)
        return TrainStage(
            stage_key,
            facts["title"],
            facts["phase"],
            facts["examples"],
            facts["steps"],
            facts["seconds"],
            facts["best_dev"],
        )

    def _artifacts(self, record: RunRecord, tables: Mapping[str, Mapping[str, pa.Table]]) -> list[Path]:
        """Write the report and all predictions of a run in one file; return the paths."""
        folder = self.workspace.reports / record.run_id
        folder.mkdir(parents=True, exist_ok=True)
        parts = []
        for language, variants in tables.items():
            for variant, table in variants.items():
                for name, value in (("variant", variant), ("language", language)):
                    table = table.add_column(0, name, pa.array([value] * table.num_rows, pa.string()))
                parts.append(table)
        path = folder / PREDICTIONS
        pq.write_table(pa.concat_tables(parts, promote_options="default"), path, compression="zstd")
        return [path, *write_report(record, folder)]


def _parse(plan: Plan, stage: PerturbStage | SearchStage, context: Context) -> None:
    """Do the parse stage that a stage needs, if it needs one."""
    from harness.execute.data_stages import run_parse

    if stage.parse and not context.workspace.done("parse", stage.parse):
        run_parse(plan.parse[stage.parse], context)


def _disturb(plan: Plan, stage: PerturbStage, context: Context) -> None:
    from harness.execute.data_stages import run_perturb

    _parse(plan, stage, context)
    run_perturb(stage, context)


def environment_of(context: Context) -> dict[str, Any]:
    """Return versions and machine, and the plugins with theirs."""
    from harness.tracking.environment import environment

    plugins = {record.name: record.version for record in context.registry.records if record.status == "ok"}
    return environment(plugins)
