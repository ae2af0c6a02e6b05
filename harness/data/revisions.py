"""Which commit of a repository is used: the lock file's, a pinned one, or the one resolved now."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from harness.errors import HarnessError
from harness.task import HubSource
from harness.workspace import write_json

Kind = Literal["dataset", "model"]
COMMIT = re.compile(r"[0-9a-f]{40}")
LOCK_FILE = "harness.lock"
CONVERTED = "refs/convert/parquet"
SCRIPTED = " script"


@dataclass(frozen=True)
class Resolved:
    """A repository at a commit: what goes into keys, and the revision that downloads ask for.

    Attributes:
        scripted: whether the repository holds a loading script, which datasets no longer runs.
        converted: whether this is the Hub's conversion to parquet, with files ``CONFIG/SPLIT/0000.parquet``.
    """

    kind: Kind
    repository: str
    commit: str
    revision: str
    scripted: bool = False
    converted: bool = False


class Revisions:
    """Resolves repositories to commits, each once.

    The lock file's commit comes first, then a pinned commit, then the head of the asked-for branch as
    the Hub answers now. Without a network, the commit that the local cache holds is used.
    """

    def __init__(self, locked: Mapping[str, str] | None = None) -> None:
        self.locked = dict(locked or {})
        self.resolved: dict[str, Resolved] = {}

    @classmethod
    def read(cls, folder: Path | None = None) -> Revisions:
        """Return revisions that honour ``harness.lock`` in `folder` (the working folder by default)."""
        path = (folder or Path.cwd()) / LOCK_FILE
        if not path.is_file():
            return cls()
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            locked = {str(name): str(commit) for name, commit in content["commits"].items()}
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise HarnessError(
                f"{path}: not a lock file ({error})", "Write it anew: harness data lock"
            ) from error
        for name, commit in locked.items():
            if not COMMIT.fullmatch(commit):
                raise HarnessError(
                    f"{path}: '{commit}' of {name} is no commit", "Write it anew: harness data lock"
                )
        return cls(locked)

    def write(self, folder: Path | None = None) -> Path:
        """Freeze all that has been resolved, and all that was locked before, into ``harness.lock``."""
        path = (folder or Path.cwd()) / LOCK_FILE
        commits = self.locked | {name: found.commit for name, found in self.resolved.items()}
        write_json(path, {"version": 1, "commits": dict(sorted(commits.items()))})
        return path

    def resolve(self, kind: Kind, repository: str, revision: str | None = None) -> Resolved:
        """Return the commit of `repository` at `revision` (a commit or branch; None: the main branch).

        Raises:
            HarnessError: the repository is not there, or neither network nor cache answers.
        """
        name = f"{kind}:{repository}" + (
            f"@{revision}" if revision and not COMMIT.fullmatch(revision) else ""
        )
        if name not in self.resolved:
            wanted = self.locked.get(name) or revision
            commit, scripted = _ask(kind, repository, wanted)
            self.resolved[name] = Resolved(kind, repository, commit, wanted or "main", scripted)
        return self.resolved[name]

    def rows_of(self, source: HubSource) -> Resolved:
        """Return what is read of a source's repository: its pinned commit, its branch, or its main branch.

        Where that holds a loading script, the Hub's conversion to parquet is read in its place.

        Raises:
            HarnessError: as `resolve`, or there is a script and no conversion.
        """
        if source.branch is not None:
            found = self.resolve("dataset", source.hub, source.revision or source.branch)
            return replace(found, converted=source.branch == CONVERTED)
        found = self.resolve("dataset", source.hub, source.revision)
        if not found.scripted:
            return found
        try:
            return replace(self.resolve("dataset", source.hub, CONVERTED), converted=True)
        except HarnessError as error:
            raise HarnessError(
                f"dataset {source.hub} has a loading script, which datasets no longer runs, and its conversion "
                f"to parquet was not found: {error.message}",
                "Give a local copy in parquet with --data-dir.",
            ) from error


def _ask(kind: Kind, repository: str, revision: str | None) -> tuple[str, bool]:
    """Return the commit, and whether the repository holds a loading script."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        info = HfApi().repo_info(repository, repo_type=kind, revision=revision, timeout=20)
    except GatedRepoError as error:
        raise HarnessError(
            f"{kind} {repository} is gated", "Accept its terms on the Hub, then log in: hf auth login"
        ) from error
    except RevisionNotFoundError as error:
        raise HarnessError(
            f"{kind} {repository} has no revision '{revision}'", "Correct the revision, or leave it out."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise HarnessError(
            f"{kind} '{repository}' is not on the Hub ({_endpoint()}), and is no folder here",
            "Check the name: harness list; for a private one log in: hf auth login",
        ) from error
    except Exception as error:  # the transport's own exceptions differ between versions of the Hub's client
        held = _cached(kind, repository, revision)
        if held is None:
            raise HarnessError(
                f"{kind} {repository}: the Hub ({_endpoint()}) does not answer "
                f"({type(error).__name__}) and the local cache does not hold it",
                "Connect to the network once, set HF_ENDPOINT to a mirror, or give a local folder.",
            ) from error
        return held
    if not info.sha:
        raise HarnessError(f"{kind} {repository}: the Hub names no commit", "Give a local folder instead.")
    script = f"{repository.rpartition('/')[2]}.py"
    files = getattr(info, "siblings", None) or ()
    scripted = kind == "dataset" and any(file.rfilename == script for file in files)
    _remember(kind, repository, revision, str(info.sha), scripted)
    return str(info.sha), scripted


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT") or "huggingface.co"


def _cached(kind: Kind, repository: str, revision: str | None) -> tuple[str, bool] | None:
    from huggingface_hub.constants import HF_HUB_CACHE

    answers, question = _answers(), _question(kind, repository, revision)
    if question in answers:
        return answers[question], question + SCRIPTED in answers
    folder = Path(HF_HUB_CACHE) / f"{kind}s--{repository.replace('/', '--')}"
    if revision and COMMIT.fullmatch(revision):
        return (revision, False) if (folder / "snapshots" / revision).is_dir() else None
    reference = folder / "refs" / (revision or "main")
    return (reference.read_text().strip(), False) if reference.is_file() else None


def _question(kind: Kind, repository: str, revision: str | None) -> str:
    return f"{_endpoint()} {kind} {repository}@{revision or 'main'}"


def _answers() -> dict[str, str]:
    """Return what the Hub has answered on this machine, for work without it."""
    try:
        answers: dict[str, str] = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return answers if isinstance(answers, dict) else {}


def _remember(kind: Kind, repository: str, revision: str | None, commit: str, scripted: bool) -> None:
    question, before = _question(kind, repository, revision), _answers()
    answers = {name: answer for name, answer in before.items() if name != question + SCRIPTED}
    answers |= {question: commit} | ({question + SCRIPTED: commit} if scripted else {})
    if answers != before:
        with suppress(OSError):  # a cache that cannot be written to only costs the work without the Hub
            write_json(_memory(), answers)


def _memory() -> Path:
    from huggingface_hub.constants import HF_HOME

    return Path(HF_HOME) / "transfer-harness" / "commits.json"
