"""The Hub: resolved to a commit, locked, read, and what is said when it does not answer. On a hub of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness import HarnessError

COMMITS = {"owner/data": "a" * 40, "owner/model": "b" * 40}


class Hub(BaseHTTPRequestHandler):
    """Answers which commit a repository's head is, as the Hub's API does."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        Hub.asked.append(self.path)
        parts = self.path.strip("/").split("/")
        commit = COMMITS.get("/".join(parts[2:4])) if parts[0] == "api" else None
        revision = parts[5] if len(parts) > 5 else None
        sha = revision if revision and len(revision) == 40 else commit
        body = json.dumps(
            {"id": "/".join(parts[2:4]), "sha": sha, "siblings": []} if commit else {"error": "no"}
        ).encode()
        self.send_response(200 if commit else 404)
        if not commit:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    Hub.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def python(code: str, folder: Path, endpoint: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, because huggingface_hub reads its endpoint once."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / "hf"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


RESOLVE = """
from harness.data.revisions import Revisions
revisions = Revisions.read()
print(revisions.resolve("dataset", "owner/data").commit)
print(revisions.resolve("model", "owner/model", {revision!r}).commit)
revisions.write()
"""


def test_a_repository_is_resolved_once_written_down_and_held_to(tmp_path: Path, endpoint: str) -> None:
    first = python(RESOLVE.format(revision=None), tmp_path, endpoint)
    assert first.stdout.split() == ["a" * 40, "b" * 40], first.stderr
    lock = json.loads((tmp_path / "harness.lock").read_text())
    assert lock["commits"] == {"dataset:owner/data": "a" * 40, "model:owner/model": "b" * 40}
    lock["commits"]["dataset:owner/data"] = "c" * 40
    (tmp_path / "harness.lock").write_text(json.dumps(lock))
    again = python(RESOLVE.format(revision=None), tmp_path, endpoint)
    assert again.stdout.split()[0] == "c" * 40, again.stderr


def test_a_pinned_commit_is_what_is_asked_for(tmp_path: Path, endpoint: str) -> None:
    found = python(RESOLVE.format(revision="d" * 40), tmp_path, endpoint)
    assert found.stdout.split()[1] == "d" * 40, found.stderr
    assert any("d" * 40 in path for path in Hub.asked)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ('Revisions().resolve("dataset", "owner/none")', "is not on the Hub"),
        ('Revisions().resolve("model", "not a name!!")', "is not on the Hub"),
    ],
)
def test_what_is_not_there_is_said_in_words(tmp_path: Path, endpoint: str, code: str, said: str) -> None:
    found = python(f"from harness.data.revisions import Revisions\n{code}", tmp_path, endpoint)
    assert said in found.stderr
    assert "HarnessError" in found.stderr


def test_without_an_answer_the_cache_serves_and_without_a_cache_the_mend_is_named(tmp_path: Path) -> None:
    dead = "http://127.0.0.1:9"
    code = 'from harness.data.revisions import Revisions\nprint(Revisions().resolve("dataset", "owner/data").commit)'
    found = python(code, tmp_path, dead)
    assert "does not answer" in found.stderr
    assert "HF_ENDPOINT" in found.stderr
    reference = tmp_path / "hf" / "hub" / "datasets--owner--data" / "refs" / "main"
    reference.parent.mkdir(parents=True)
    reference.write_text("e" * 40)
    assert python(code, tmp_path, dead).stdout.strip() == "e" * 40


def test_what_the_hub_answered_once_is_remembered_for_work_without_it(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = 'from harness.data.revisions import Revisions\nprint(Revisions().resolve("dataset", "owner/data").commit)'
    assert python(code, tmp_path, endpoint).stdout.strip() == "a" * 40
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    offline = python(code, tmp_path, endpoint)
    assert offline.stdout.strip() == "a" * 40, offline.stderr


@pytest.mark.parametrize("content", ["{", '{"commits": {"dataset:a/b": "main"}}', "[]"])
def test_a_spoilt_lock_file_names_the_command_that_mends_it(tmp_path: Path, content: str) -> None:
    from harness.data.revisions import Revisions

    (tmp_path / "harness.lock").write_text(content)
    with pytest.raises(HarnessError, match="harness data lock"):
        Revisions.read(tmp_path)
