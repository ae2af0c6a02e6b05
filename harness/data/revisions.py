"""Which commit of a repository is used: the lock file's, a pinned one, or the one resolved now."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.errors import HarnessError
from harness.workspace import write_json

Kind = Literal["dataset", "model"]
COMMIT = re.compile(r"[0-9a-f]{40}")
LOCK_FILE = "harness.lock"


@dataclass(frozen=True)
class Resolved:
    """A repository at a commit: what goes into keys, and the revision that downloads ask for."""

    kind: Kind
    repository: str
    commit: str
    revision: str


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
            self.resolved[name] = Resolved(kind, repository, _ask(kind, repository, wanted), wanted or "main")
        return self.resolved[name]


def _ask(kind: Kind, repository: str, revision: str | None) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        commit = HfApi().repo_info(repository, repo_type=kind, revision=revision, timeout=20).sha
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
        commit = _cached(kind, repository, revision)
        if commit is None:
            raise HarnessError(
                f"{kind} {repository}: the Hub ({_endpoint()}) does not answer "
                f"({type(error).__name__}) and the local cache does not hold it",
                "Connect to the network once, set HF_ENDPOINT to a mirror, or give a local folder.",
            ) from error
    if not commit:
        raise HarnessError(f"{kind} {repository}: the Hub names no commit", "Give a local folder instead.")
    _remember(kind, repository, revision, commit)
    return commit


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT") or "huggingface.co"


def _cached(kind: Kind, repository: str, revision: str | None) -> str | None:
    from huggingface_hub.constants import HF_HUB_CACHE

    remembered = _answers().get(_question(kind, repository, revision))
    if remembered is not None:
        return remembered
    folder = Path(HF_HUB_CACHE) / f"{kind}s--{repository.replace('/', '--')}"
    if revision and COMMIT.fullmatch(revision):
        return revision if (folder / "snapshots" / revision).is_dir() else None
    reference = folder / "refs" / (revision or "main")
    return reference.read_text().strip() if reference.is_file() else None


def _question(kind: Kind, repository: str, revision: str | None) -> str:
    return f"{_endpoint()} {kind} {repository}@{revision or 'main'}"


def _answers() -> dict[str, str]:
    """Return what the Hub has answered on this machine, for work without it."""
    try:
        answers: dict[str, str] = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return answers if isinstance(answers, dict) else {}


def _remember(kind: Kind, repository: str, revision: str | None, commit: str) -> None:
    question, answers = _question(kind, repository, revision), _answers()
    if answers.get(question) != commit:
        with suppress(OSError):  # a cache that cannot be written to only costs the work without the Hub
            write_json(_memory(), answers | {question: commit})


def _memory() -> Path:
    from huggingface_hub.constants import HF_HOME

    return Path(HF_HOME) / "transfer-harness" / "commits.json"
