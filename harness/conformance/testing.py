"""The laws as tests of pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.conformance.checking import LAWS, hold, prepare
from harness.conformance.trial import Trial
from harness.perturbation import Perturbation, Resources

if TYPE_CHECKING:
    from harness.conformance.samples import Sample
    from harness.text import Parser


def laws(
    *perturbations: Perturbation,
    languages: Sequence[str] | None = None,
    texts: Iterable[tuple[str, str]] = (),
    trees: Iterable[Sample] = (),
    parser: Parser | None = None,
    resources: Resources | None = None,
    quick: bool = False,
    without: Sequence[str] = (),
) -> Callable[..., None]:
    """Return a test for pytest that holds each perturbation to each law: ``test_mine = laws(Mine())``.

    The other arguments are those of `check`; `without` names laws that are left out. A law that cannot be tried
    is skipped, and says why.
    """
    import pytest

    options: dict[str, Any] = {
        "languages": languages,
        "texts": tuple(texts),
        "trees": tuple(trees),
        "parser": parser,
        "resources": resources,
        "quick": quick,
    }

    @cache
    def trial(place: int) -> Trial:
        return prepare(perturbations[place], **options)

    cases = [
        pytest.param(place, law, id=f"{each.full_name}-{law.name}")
        for place, each in enumerate(perturbations)
        for law in LAWS
        if law.name not in without
    ]

    @pytest.mark.parametrize(("place", "law"), cases)
    def test(place: int, law: Any) -> None:
        found = hold(law, trial(place))
        if found.outcome == "skipped":
            pytest.skip(found.note)
        if found.outcome == "failed":
            pytest.fail(f"{perturbations[place].full_name}: {found}", pytrace=False)

    made: Callable[..., None] = test
    return made
