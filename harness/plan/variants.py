"""Parse, perturb and search stages: what makes the rows of a disturbed variant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.data.identity import rows_identity
from harness.keys import key, number
from harness.perturbation import Perturbation
from harness.plan.asked import RESOURCES, Asked
from harness.plan.stages import ParseStage, PerturbStage, SearchStage
from harness.plugins import built_in
from harness.registry import Variant as Choice
from harness.registry_schema import Recipe
from harness.text.tokens import segmentation_identity

PARSE_VERSION = 1
PERTURB_VERSION = 2
SEARCH_VERSION = 1
NO_PARSER = "no parser is named, give --parser-models DIR or --parser stanza"


class Made(NamedTuple):
    """What makes the rows of a variant.

    Attributes:
        parse: key of the stage that makes their trees.
        identity: that of the first draw's perturb stage.
    """

    columns: tuple[str, ...]
    parse: str | None
    identity: dict[str, Any]


class Variants:
    """The stages of a plan that make disturbed rows, each once by its key."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.parse: dict[str, ParseStage] = {}
        self.perturb: dict[str, PerturbStage] = {}
        self.search: dict[str, SearchStage] = {}

    def made(self, language: str, choice: Choice) -> Made | str:
        """Return what makes a variant's rows, or why it cannot be made."""
        perturbation = choice.perturbation
        columns, reason = self._disturbed(perturbation)
        reason = reason or perturbation.unserved(language)
        if choice.greedy and not reason:
            reason = self._unsearched(perturbation)
        if reason:
            return reason
        data = rows_identity(self.asked.target, self.asked.split, language, self.asked.places)
        trees: dict[str, Any] | None = None
        parse: str | None = None
        if "parse" in perturbation.needs:
            if self.asked.target.gold_trees:
                trees = {"parser": "gold"}
            else:
                reason = NO_PARSER if self.asked.parser is None else self.asked.parser.unserved(language)
                if self.asked.parser is None or reason:
                    return f"no parse: {reason}"
                parse = self._parse(language, data)
                trees = {"parse": parse}
        origin = self.asked.registry.origin("perturbation", perturbation.full_name)
        identity = {
            "kind": "perturb",
            "code": PERTURB_VERSION,
            "data": data,
            "format": self.asked.registry.format_identity(self.asked.shape),
            "limit": self.asked.spec.limit,
            "columns": list(columns),
            "language": language,
            "perturbation": perturbation.full_name,
            "version": perturbation.version,
            "options": dict(perturbation.options()),
            "tokens": segmentation_identity(language),
            "distribution": None if built_in(origin) else [origin.distribution, origin.version],
            "intensity": choice.intensity,
            "seed": self.asked.spec.perturb_seed,
            "trees": trees,
        }
        return Made(columns, parse, identity)

    def _unsearched(self, perturbation: Perturbation) -> str | None:
        """Say why no search can choose the words that a perturbation disturbs; None where one can."""
        if not perturbation.rewords:
            return f"{perturbation.full_name} disturbs no single words to choose among"
        if not self.asked.shape.tells_confidence:
            return f"format {self.asked.shape.name} does not tell how probable the gold answer is"
        return None

    def searched(
        self, language: str, choice: Choice, made: Made, asked: Mapping[str, Any], recipe: Recipe
    ) -> str:
        """Return the key of the stage that searches for the words that matter most."""
        identity = {
            "kind": "search",
            "code": SEARCH_VERSION,
            "rows": made.identity,
            "words": choice.greedy,
            "metric": self.asked.metric,
            "asked": asked,
        }
        stage_key = key(identity)
        self.search[stage_key] = SearchStage(
            stage_key,
            identity,
            self.asked.target.name,
            self.asked.split,
            language,
            self.asked.spec.limit,
            made.columns,
            choice.perturbation.full_name,
            choice.label,
            choice.intensity,
            self.asked.spec.perturb_seed,
            made.parse,
            choice.greedy,
            recipe,
            self.asked.metric,
        )
        return stage_key

    def perturbed(self, language: str, choice: Choice, made: Made) -> tuple[str, ...]:
        """Return the keys of the stages that make a variant, one a draw."""
        keys = []
        for draw in range(choice.draws):
            # the first draw is the variant itself, so that what is made for the one serves the other
            seed = (
                number(self.asked.spec.perturb_seed, "draw", draw) if draw else self.asked.spec.perturb_seed
            )
            identity = {**made.identity, "seed": seed}
            keys.append(key(identity))
            self.perturb[keys[-1]] = PerturbStage(
                keys[-1],
                identity,
                self.asked.target.name,
                self.asked.split,
                language,
                self.asked.spec.limit,
                made.columns,
                choice.perturbation.full_name,
                choice.label if choice.draws == 1 else f"{choice.label} {draw + 1}/{choice.draws}",
                choice.intensity,
                seed,
                made.parse,
            )
        return tuple(keys)

    def _disturbed(self, perturbation: Perturbation) -> tuple[tuple[str, ...], str | None]:
        """Return the columns that a perturbation disturbs, or why it cannot serve this target."""
        for need, option in RESOURCES.items():
            if need in perturbation.needs and getattr(self.asked.resources, need) is None:
                return (), f"it needs {option}"
        lacking = [name for name in perturbation.columns if name not in self.asked.shape.columns]
        if lacking:
            return (), f"{self.asked.target.name} has no column '{lacking[0]}'"
        unfit = perturbation.unfit(self.asked.target.labels)
        if unfit:
            return (), unfit
        if not perturbation.columns:
            return self.asked.columns, None
        columns = tuple(name for name in self.asked.columns if name in perturbation.columns)
        return columns, None if columns else f"it disturbs {' '.join(perturbation.columns)} alone"

    def _parse(self, language: str, data: dict[str, Any]) -> str:
        assert self.asked.parser is not None
        identity = {
            "kind": "parse",
            "code": PARSE_VERSION,
            "data": data,
            "limit": self.asked.spec.limit,
            "columns": list(self.asked.columns),
            "parser": self.asked.parser.identity(language),
        }
        stage_key = key(identity)
        self.parse[stage_key] = ParseStage(
            stage_key,
            identity,
            self.asked.target.name,
            self.asked.split,
            language,
            self.asked.spec.limit,
            self.asked.columns,
        )
        return stage_key
