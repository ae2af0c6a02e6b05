"""``harness bench``: measurements of the harness itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.bench import Compared

bench = typer.Typer(help="Measure the harness itself.", no_args_is_help=True)


@bench.callback()
def _bench() -> None:
    """Measure the harness itself."""


@bench.command()
def load(
    task: Annotated[
        list[str] | None, typer.Option("--task", "-t", help="Load this task (repeatable).")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", help="Split; left out: test, else dev.")] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the median is shown.")] = 5,
) -> None:
    """Time loading against datasets.load_dataset and taking all rows, both from a warm cache, in turn.

    Without --task: Tatoeba, PAN-X and XNLI, all languages.
    """
    from statistics import median

    from rich.table import Table

    from harness.bench.loading import BENCHED, GOAL, measure
    from harness.cli import options
    from harness.cli.output import wide_console

    registry = options().load_registry()
    console = wide_console()
    table = Table(
        "task", "languages", "rows", "harness s", "datasets s", "ratio", title="loading, warm cache"
    )
    found = []
    with console.status("loading") as status:
        for name in task or BENCHED:
            asked = registry.task(name)
            splits = [split] if split else [asked.test_split, "dev"]
            found.append(measure(asked, splits, registry, repeats, status.update))
    for each in found:
        ours, plain = median(each.ours), median(each.plain)
        table.add_row(
            each.task,
            f"{each.languages}",
            f"{each.rows:,}",
            f"{ours:.2f}",
            f"{plain:.2f}",
            f"{each.ratio:.2f}",
        )
    console.print(table)
    console.print(f"goal: a ratio of {GOAL} at most; medians of {repeats}", highlight=False)


@bench.command()
def perturb(
    perturb: Annotated[
        list[str] | None,
        typer.Option("--perturb", "-p", help="Measure this perturbation, or all of a group (repeatable)."),
    ] = None,
    language: Annotated[str, typer.Option("--language", "-l", help="Language of the treebank.")] = "en",
    ud: Annotated[
        Path | None,
        typer.Option("--ud", help="Folder of treebanks (.conllu, .conllu.gz); left out: made sentences."),
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the fastest is shown.")] = 9,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Time also 1 process against so many.")
    ] = 0,
) -> None:
    """Time disturbing on one core against nlpaug's operators on the same sentences, in turn.

    Without --perturb: typing noise and scrambling. Trees are given, not parsed.
    """
    from rich.table import Table

    from harness.bench.perturbing import (
        GOAL,
        LANGUAGE,
        NOISE,
        TREES,
        made_rows,
        measure,
        scaling,
        treebank_rows,
        unmeasured,
        words_each,
    )
    from harness.cli import options
    from harness.cli.output import wide_console
    from harness.errors import HarnessError
    from harness.execute.workers import processors

    registry = options().load_registry()
    console = wide_console()
    if ud is None:
        if language != LANGUAGE:
            raise HarnessError(f"made sentences are in {LANGUAGE}", "Give treebanks by --ud.")
        rows = made_rows(registry)
    else:
        found = dict(treebank_rows(ud))
        if language not in found:
            raise HarnessError(f"no treebank of {language} below {ud}", f"There are: {' '.join(found)}")
        rows = found[language]
    table = Table(
        *(
            "perturbation",
            "cold/s",
            "read/s",
            "seen/s",
            "nlpaug/s",
            "cold ratio",
            "seen ratio",
            "goal/s",
            "unrest",
        )
    )
    spread = Table("perturbation", "1 process/s", f"{workers} processes/s", "of linear")
    with console.status("disturbing") as status:
        for asked in [choice.perturbation for choice in registry.perturbations(perturb or (*NOISE, *TREES))]:
            reason = unmeasured(asked, language)
            if reason is not None:
                console.print(f"[yellow]not measured[/] {asked.full_name}: {reason}", highlight=False)
                continue
            each = measure(asked, rows, language, repeats, status.update)
            other = each.other_pace
            goal = GOAL.get("trees" if "parse" in asked.needs else asked.family)
            table.add_row(
                each.perturbation,
                f"{each.pace:,.0f}",
                f"{each.pace_given:,.0f}",
                f"{each.pace_again:,.0f}",
                f"{other:,.0f}" if other else "-",
                f"{each.pace / other:.2f}" if other else "-",
                f"{each.pace_again / other:.2f}" if other else "-",
                f"{goal:,}" if goal else "-",
                f"{each.unrest:.2f}",
            )
            if workers > 1:
                both = scaling(asked, rows, language, workers, repeats, status.update)
                spread.add_row(
                    both.perturbation,
                    f"{both.pace:,.0f}",
                    f"{both.pace_together:,.0f}",
                    f"{both.linear:.0%}",
                )
    console.print(table)
    console.print(
        f"{rows.num_rows:,} sentences of {words_each(rows):.1f} words; "
        f"processor time of one core, the fastest of {repeats} rounds\n"
        "cold: never seen before, so that texts are cut into words and trees read from CoNLL-U\n"
        "read: their words are cut and their trees read, and nothing else is known of them\n"
        "seen: the same sentences with another seed: what depends on words and trees alone is known\n"
        "goal: noise cold, perturbations of trees given these (read)\n"
        "unrest: the median round over the fastest, at worst: what else the machine did meanwhile",
        highlight=False,
    )
    if workers > 1:
        console.print(spread)
        console.print(
            f"by the clock, sentences seen before, on {processors()} processors\n"
            "those may be threads of fewer cores: then a process more is worth less than a core more",
            highlight=False,
        )


@bench.command()
def score(
    resamples: Annotated[int, typer.Option("--resamples", min=100, help="Bootstrap samples.")] = 10_000,
    looped: Annotated[int, typer.Option("--looped", min=10, help="Samples that the loop draws.")] = 300,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the median is shown.")] = 3,
) -> None:
    """Time paired cluster resamples of two made runs against a numpy loop over samples, in turn."""
    from statistics import median

    from harness.bench import Compared
    from harness.bench.scoring import GOAL, ITEMS, LANGUAGES, SECONDS, VARIANTS, measure
    from harness.cli.output import wide_console

    with wide_console().status("resampling") as status:
        found = measure(resamples, looped, repeats, status.update)
    what = f"{resamples:,} paired resamples"
    ours, loop = median(found.ours), median(found.loop)
    goal = f"{GOAL}x, under {SECONDS:g} s"
    _show(
        "scoring",
        "numpy loop",
        [Compared(what, f"{ours:.2f} s", f"{loop:.0f} s", loop / ours, goal)],
        [
            f"{LANGUAGES} languages x {VARIANTS} variants x {ITEMS:,} items in clusters of three; "
            f"medians of {repeats}; the loop drew {found.looped:,} samples, and its time is scaled",
            f"harness compare on the same, from tables of predictions and with its tests: {found.whole:.1f} s",
        ],
        ("numpy", "pyarrow"),
    )


@bench.command("predict")
def predict_(
    shape: Annotated[str, typer.Option("--shape", help="Of XLM-R: tiny, base or large.")] = "base",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows in each language.")] = 64,
    variants: Annotated[
        int, typer.Option("--variants", min=0, help="Disturbed variants, a third of their rows unchanged.")
    ] = 0,
    budget: Annotated[
        int | None, typer.Option("--budget", min=1, help="Padded tokens in a batch of ours.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option("--precision", help="auto, fp32 or bf16.")] = "auto",
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the median is shown.")] = 1,
) -> None:
    """Time predicting XNLI's rows in all languages against padding to 128 and against Trainer.predict, in turn.

    Weights are random, and the same on all sides; without the Hub, rows are made.
    """
    from statistics import median

    from harness.bench import Compared
    from harness.bench.predicting import BATCH, GOALS, LENGTH, measure
    from harness.cli import options
    from harness.cli.output import wide_console
    from harness.engine.devices import check, choose
    from harness.execute.context import default_budget

    device, precision = choose(device, precision)
    check(device)
    tokens = budget or default_budget(device)
    registry = options().load_registry()
    with wide_console().status("predicting") as status:
        found = measure(registry, shape, limit, variants, tokens, device, precision, repeats, status.update)
    ways = {"padded": f"padded to {LENGTH}, {BATCH} rows a batch", "trainer": "Trainer.predict"}
    goals = {"padded": GOALS["padded"], "trainer": GOALS["variants" if variants else "trainer"]}
    ours = found.took["ours"]
    rows = [
        Compared(
            f"{ways[name]}{f', {variants} variants and clean' if variants else ''}{by}",
            f"{median(mine):.2f} s",
            f"{median(its):.2f} s",
            median(its) / median(mine),
            f"{goals[name]}x",
        )
        for name, took in found.took.items()
        if name != "ours"
        for by, mine, its in (
            ("", ours.wall, took.wall),
            (", processor time", ours.processor, took.processor),
        )
    ]
    notes = [
        f"XLM-R {shape}, random weights, {device} {precision}, {tokens:,} padded tokens a batch; {found.origin}: "
        f"{found.sequences:,} sequences in {found.languages} languages, {found.same:,} of them another one's "
        f"equal; medians of {repeats}",
        f"ours: {found.tokens / median(ours.wall):,.0f} tokens a second; logits differ by "
        f"{max(took.difference for took in found.took.values()):.1g} at most; tokenising, not counted on any "
        f"side: {found.tokenised:.2f} s",
    ]
    if found.useful is not None and found.limit is not None:
        notes.append(
            f"{found.useful:.0%} of what matrix products reach on this card ({found.limit / 1e12:.0f} "
            f"TFLOP/s), useful tokens alone; goal: {GOALS['limit']:.0%}"
        )
    _show("predicting", "the other way", rows, notes, ("torch", "transformers", "accelerate"))


@bench.command()
def train(
    shape: Annotated[str, typer.Option("--shape", help="XLM-R's: base, large or tiny.")] = "base",
    steps: Annotated[int, typer.Option("--steps", min=1, help="Steps that are timed.")] = 10,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Examples of a step.")] = 32,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option("--precision", help="auto, fp32 or bf16.")] = "auto",
    model: Annotated[
        str, typer.Option("--model", help="The model whose tokenizer reads MNLI.")
    ] = "xlmr-base",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Rows; left out: all of MNLI.")] = None,
    compile_: Annotated[bool, typer.Option("--compile", help="Compile the harness's layers.")] = False,
) -> None:
    """Time training steps on MNLI's rows, and their memory, against transformers' Trainer with its defaults.

    Same batches, weights, loss and learning rates, random weights of XLM-R's shape; each side in a process of
    its own. Where MNLI or the tokenizer cannot be had: made rows as long as XNLI's.
    """
    from harness.bench import training
    from harness.cli import options
    from harness.cli.output import wide_console
    from harness.engine.devices import choose
    from harness.names import unknown

    if shape not in training.SHAPES:
        raise unknown("shape", shape, training.SHAPES)
    job = training.Job(shape, steps, batch_size, *choose(device, precision), compile=compile_)
    registry = options().load_registry()
    with wide_console().status("reading rows") as status:
        found = None if shape == "tiny" else training.mnli_rows(registry, model, limit)
        rows = found or training.made_rows(limit or 20_000, training.SHAPES[shape]["vocabulary"])
        sides = training.measure(job, rows, status.update)
    _show(
        f"training, XLM-R {shape} shape",
        "other",
        training.compared(job, sides),
        training.notes(job, sides, rows, made=found is None),
        ("torch", "transformers", "accelerate"),
    )


@bench.command()
def step(
    shape: Annotated[str, typer.Option("--shape", help="XLM-R's: base, large or tiny.")] = "base",
    reached: Annotated[
        int, typer.Option("--reached", min=3, help="Embeddings that the data reach.")
    ] = 20_000,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Steps; the median is shown.")] = 5,
) -> None:
    """Time the optimiser's step with the embeddings that data reach against one with the whole table."""
    from harness.bench import stepping, training
    from harness.cli.output import wide_console
    from harness.engine.devices import choose
    from harness.names import unknown

    if shape not in training.SHAPES:
        raise unknown("shape", shape, training.SHAPES)
    sizes, place = training.SHAPES[shape], choose(device, "auto")[0]
    with wide_console().status("stepping") as status:
        trimmed, whole = stepping.measure(sizes, reached, place, repeats, status.update)
    _show(
        f"AdamW's step, XLM-R {shape} shape",
        "whole table",
        stepping.compared(trimmed, whole),
        stepping.notes(sizes, reached, place, trimmed),
        ("torch",),
    )


@bench.command()
def start(
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the median is shown.")] = 9,
) -> None:
    """Time how long harness --help and harness list take, against importing typer, in turn."""
    from statistics import median

    from harness.bench import Compared
    from harness.bench.starting import COMMANDS, GOAL, measure
    from harness.cli.output import wide_console

    with wide_console().status("starting") as status:
        found = measure(COMMANDS, repeats, status.update)
    rows = [
        Compared(
            each.command if each.remembers else f"{each.command}, nothing remembered",
            f"{1000 * median(each.ours):.0f} ms",
            f"{1000 * median(each.plain):.0f} ms",
            each.ratio,
            f"{GOAL:g} at most" if each.remembers else "",
        )
        for each in found
        if each.remembers or "list" in each.command
    ]
    notes = [f"fresh processes, modules compiled, files in memory; medians of {repeats}"]
    _show("starting", "import typer", rows, notes, ("typer", "rich", "pydantic"))


@bench.command()
def track(
    steps: Annotated[int, typer.Option("--steps", min=20, help="Steps of the stage.")] = 2000,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads that a step computes with.")] = 1,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the median is shown.")] = 3,
) -> None:
    """Time a training stage with its logging to MLflow on sqlite against the stage without, in turn."""
    from statistics import median

    from harness.bench import Compared
    from harness.bench.tracking import BATCH, GOAL, LAYERS, LENGTH, WIDTH, measure, training_step
    from harness.cli.output import wide_console

    with wide_console().status("tracking") as status:
        found = measure(steps, repeats, status.update, training_step(threads))
    plain, tracked = (median(each.wall for each in side) for side in (found.plain, found.tracked))
    own, theirs = (median(each.processor for each in side) for side in (found.tracked, found.plain))
    _show(
        "tracking",
        "without",
        [
            Compared(
                f"{steps:,} steps", f"{tracked:.1f} s", f"{plain:.1f} s", found.ratio, f"{GOAL} at most"
            ),
            Compared("processor time", f"{own:.1f} s", f"{theirs:.1f} s", found.processor_ratio, ""),
        ],
        [
            f"a step of {1000 * plain / steps:.0f} ms: an encoder of {LAYERS} layers of {WIDTH}, "
            f"{BATCH} texts of {LENGTH} subwords, AdamW, {threads} thread{'s' * (threads > 1)}; "
            f"the loss logged {found.readings:,} times; medians of {repeats}",
            f"the process that feeds MLflow took {median(found.follower):.1f} s of processor time beside it; "
            f"at the end it was waited for {median(found.waited):.1f} s, once for all stages",
            "MLflow had every reading then" if found.arrived else "[red]MLflow lacks readings[/]",
        ],
        ("torch", "mlflow"),
    )


@bench.command()
def growth(
    rows: Annotated[int, typer.Option("--rows", min=1, help="Made rows in each language.")] = 500,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Rounds; the least is shown.")] = 2,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw it: a file that ends in .svg, .png or .pdf.")
    ] = None,
) -> None:
    """Time evaluating a tiny model in 1 to 15 languages and on 1 to 40 variants, and tell how the cost grows."""
    from rich.table import Table

    from harness.bench import machine
    from harness.bench.growth import FEW_LANGUAGES, FEW_VARIANTS, GOAL, draw, measure
    from harness.cli import options
    from harness.cli.output import wide_console

    registry = options().load_registry()
    console = wide_console()
    with console.status("evaluating") as status:
        found = measure(registry, rows, repeats, status.update)
    table = Table("of", "count", "processor s", "s", "of linear", "slope", "goal", title="cost growth")
    for each in found:
        for count, seconds, wall, linear in zip(
            each.counts, each.seconds, each.wall, each.linear, strict=True
        ):
            last = count == each.counts[-1]
            table.add_row(
                each.of,
                f"{count}",
                f"{seconds:.2f}",
                f"{wall:.2f}",
                f"{seconds / linear:.2f}",
                f"{each.slope:.2f}" if last else "",
                f"{GOAL:g} at most" if last else "",
            )
    console.print(table)
    for note in (
        f"{rows:,} rows each; languages with {FEW_VARIANTS} variants, variants in {FEW_LANGUAGES} languages; "
        "linear: each language alone, the first variant times their number; "
        f"plan, disturb, tokenise, predict, score, on one core; the start, {found[0].start:.2f} s, is apart",
        machine(("torch", "transformers")),
    ):
        console.print(note, highlight=False)
    if plot is not None:
        console.print(f"wrote {draw(found, plot)}", highlight=False)


def _show(
    title: str, other: str, rows: Sequence[Compared], notes: Sequence[str], packages: Sequence[str]
) -> None:
    """Print what was compared with what, and below it the notes and the machine."""
    from rich.table import Table

    from harness.bench import machine
    from harness.cli.output import wide_console

    table = Table("", "harness", other, "ratio", "goal", title=title)
    for row in rows:
        table.add_row(row.what, row.ours, row.other, f"{row.ratio:.2f}", row.goal)
    console = wide_console()
    console.print(table)
    for note in (*notes, machine(packages)):
        console.print(note, highlight=False)
