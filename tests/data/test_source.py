"""Sources read over the Hub's protocol from a hub of our own: configurations, scripts, numbers of rows."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

PARQUET = "refs/convert/parquet"


class Hub(BaseHTTPRequestHandler):
    """Serves ``root/OWNER/NAME/BRANCH/...`` as the Hub does, with ``/`` in a branch's name written ``--``."""

    root: Path
    protocol_version = "HTTP/1.1"

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def tell(self, value: Any, status: int = 200, **headers: str) -> None:
        self.reply(status, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def do_GET(self) -> None:
        place = urllib.parse.urlsplit(self.path).path
        parts = [urllib.parse.unquote(part) for part in place.strip("/").split("/")]
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        call = parts[4:] if parts[0] == "api" else parts[3:]
        repository = "/".join(parts[2:4] if parts[0] == "api" else parts[1:3])
        revision = call[1] if len(call) > 1 else "main"
        folder = self.branch(repository, revision)
        if folder is None:
            self.tell({"error": "no"}, 404, X_Error_Code="RevisionNotFound")
            return
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        commit = sha(repository, folder.name)
        if not call or call[0] == "revision":
            self.tell({"id": repository, "sha": commit, "siblings": [{"rfilename": name} for name in files]})
        elif call[0] == "tree":
            pattern = "**/*" if "recursive=true" in self.path.lower() else "*"
            self.tell([entry(path, folder) for path in sorted(folder.joinpath(*call[2:]).glob(pattern))])
        elif call[0] == "paths-info":
            wanted = json.loads(body)["paths"] if body[:1] == "{" else urllib.parse.parse_qs(body)["paths"]
            self.tell([entry(folder / name, folder) for name in wanted if (folder / name).exists()])
        elif "/".join(call[2:]) in files:
            path = files["/".join(call[2:])]
            self.reply(200, path.read_bytes(), ETag=f'"{entry(path, folder)["oid"]}"', X_Repo_Commit=commit)
        else:
            self.tell({"error": "no"}, 404, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)

    do_HEAD = do_POST = do_GET  # noqa: N815

    def branch(self, repository: str, revision: str) -> Path | None:
        for folder in (self.root / repository).glob("*"):
            if revision.replace("/", "--") == folder.name or revision == sha(repository, folder.name):
                return folder
        return None

    def log_message(self, format: str, *args: object) -> None:
        pass


def sha(repository: str, branch: str) -> str:
    return hashlib.sha1(f"{repository} {branch}".encode()).hexdigest()


def entry(path: Path, folder: Path) -> dict[str, Any]:
    content = path.read_bytes() if path.is_file() else b""
    return {
        "type": "file" if path.is_file() else "directory",
        "path": path.relative_to(folder).as_posix(),
        "size": len(content),
        "oid": hashlib.sha1(content).hexdigest(),
    }


def write(path: Path, labels: list[int], names: list[str]) -> None:
    text = {"dtype": "string", "_type": "Value"}
    features = {"first": text, "second": text, "gold": {"names": names, "_type": "ClassLabel"}}
    table = pa.table(
        {
            "first": [f"{path.parent.name} {number}" for number in range(len(labels))],
            "second": ["said"] * len(labels),
            "gold": pa.array(labels, pa.int64()),
        }
    ).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def card(configs: list[str]) -> str:
    lines = [
        f"- config_name: {name}\n  data_files:\n  - split: test\n    path: {name}/test-*" for name in configs
    ]
    return "---\nconfigs:\n" + "\n".join(lines) + "\n---\n"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    Hub.root = root = tmp_path_factory.mktemp("hub")
    names = ["yes", "no"]
    for treebank, labels in {"one": [0, 1], "two": [1, -1, 0], "german": [0] * 4}.items():
        write(root / "owner/plain/main" / treebank / "test-00000-of-00001.parquet", labels, names)
    (root / "owner/plain/main/README.md").write_text(card(["one", "two", "german"]))
    for number in (0, 1):
        write(root / f"owner/plain/main/shards/test-0000{number}-of-00002.parquet", [number] * 3, names)
    write(root / "owner/odd/main/one/test-00000-of-00001.parquet", [0, 1, 2], ["yes", "no", "perhaps"])
    (root / "owner/odd/main/README.md").write_text(card(["one"]))
    script = root / "owner/scripted/main/scripted.py"
    script.parent.mkdir(parents=True)
    script.write_text("raise SystemExit('nothing of a repository is run')\n")
    write(
        root / "owner/scripted" / PARQUET.replace("/", "--") / "one/test/0000.parquet", [1, 0], ["no", "yes"]
    )
    (root / "owner/unconverted/main").mkdir(parents=True)
    (root / "owner/unconverted/main/unconverted.py").write_text("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


START = """
import json, sys
from harness import HarnessError, HubSource, Task
from harness.data.identity import DataPlaces, rows_identity
from harness.data.load import load
from harness.data.revisions import Revisions
from harness.registry import load_registry
registry = load_registry()
def places(**how):
    return DataPlaces(registry, Revisions(), **how)
def task(repository, labels=("yes", "no"), **source):
    columns = {"premise": "first", "hypothesis": "second", "label": "gold"}
    source = HubSource(hub=repository, columns=columns, **source)
    return Task(name="asked", languages=("en", "de", "xx"), labels=labels, source=source)
def read(task, language="en", **how):
    try:
        found = load(task, "test", language, places(**how))
    except HarnessError as error:
        return {"error": f"{type(error).__name__} {error.message} {error.mend}"}
    return {"labels": found.table["label"].to_pylist(), "premises": found.table["premise"].to_pylist(),
            "dropped": found.dropped, "notes": found.notes, "origin": found.origin}
said = {}
"""


def tell(code: str, folder: Path, endpoint: str, **more: str) -> dict[str, Any]:
    """Run code in a process of its own, because huggingface_hub reads its endpoint once; return what it said."""
    found = subprocess.run(
        [sys.executable, "-c", START + code + "\nprint(json.dumps(said))"],
        cwd=folder,
        env={**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(folder / "hf"), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    result: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return result


CONFIGURATIONS = """
names = {"en": "one+two", "de": "german", "xx": "none"}
plain = {"config": "{language}", "config_names": names}
for language in names:
    said[language] = read(task("owner/plain", **plain), language)
said["files"] = read(task("owner/plain", files={"test": "shards/test-00000-*"}, splits={"test": "test[:2]"}))
counted = {"rows": {"test": {"en": 4, "de": 3}}, **plain}
said["right"] = read(task("owner/plain", **counted))
said["wrong"] = read(task("owner/plain", **counted), "de")
said["allowed"] = read(task("owner/plain", **counted), "de", allow_changed=True)
said["odd"] = read(task("owner/odd", config="one"))
said["odd allowed"] = read(task("owner/odd", config="one"), allow_changed=True)
said["lacking"] = read(task("owner/plain", labels=("yes", "no", "never"), config="one"))
"""


def test_a_source_is_read_as_it_says_and_checked_against_what_is_published(tmp_path: Path, hub: str) -> None:
    said = tell(CONFIGURATIONS, tmp_path, hub)
    assert said["en"]["labels"] == ["yes", "no", "no", "yes"]
    assert said["en"]["premises"] == ["one 0", "one 1", "two 0", "two 2"]
    assert said["en"]["dropped"] == {"no label": 1}
    assert said["de"]["labels"] == ["yes"] * 4
    assert said["xx"]["error"].startswith("NoRowsError")
    assert said["files"]["premises"] == ["shards 0", "shards 1"]
    assert said["right"]["notes"] == []
    assert all(word in said["wrong"]["error"] for word in ("asked test de: 4 rows, 3 are", "--allow-changed"))
    assert "4 rows, 3 are published" in said["allowed"]["notes"][0]
    assert "unknown to the task: perhaps" in said["odd"]["error"]
    assert said["odd allowed"]["labels"] == ["yes", "no"]
    assert "missing: never" in said["lacking"]["error"]


SCRIPTS = """
scripted, known = task("owner/scripted", config="one"), task("owner/scripted", config="one", branch="{branch}")
said["found"], said["known"] = read(scripted), read(known)
registry._plugins.things["task", "asked"] = scripted
registry._plugins.origins["task", "asked"] = registry.origin("task", "xnli")
said["identity"] = rows_identity(scripted, "test", "en", places())
said["same"] = rows_identity(known, "test", "en", places()) == said["identity"]
said["missing"] = read(task("owner/scripted", config="two"))
said["unconverted"] = read(task("owner/unconverted"))
revisions = Revisions()
revisions.rows_of(scripted.source)
revisions.write()
""".replace("{branch}", PARQUET)


def test_where_a_repository_holds_a_script_its_conversion_is_read(tmp_path: Path, hub: str) -> None:
    said = tell(SCRIPTS, tmp_path, hub)
    commit = sha("owner/scripted", PARQUET.replace("/", "--"))
    assert said["found"]["labels"] == ["yes", "no"]
    assert said["known"] == said["found"]
    assert commit[:12] in said["found"]["origin"]
    assert said["identity"]["commit"] == commit
    assert said["same"]
    assert "no files two/test" in said["missing"]["error"]
    assert "--data-dir" in said["unconverted"]["error"]
    assert "loading script" in said["unconverted"]["error"]
    lock = json.loads((tmp_path / "harness.lock").read_text())["commits"]
    assert lock[f"dataset:owner/scripted@{PARQUET}"] == commit
    offline = tell(
        'said["found"] = read(task("owner/scripted", config="one"))', tmp_path, hub, HF_HUB_OFFLINE="1"
    )
    assert offline["found"] == said["found"]


MEASURED = """
from harness.bench.loading import measure
heard = []
found = measure(task("owner/plain", config="{language}", config_names={"en": "one+two", "de": "german"}),
                ["train", "test"], registry, 2, heard.append)
said = {"languages": found.languages, "rows": found.rows, "split": found.split, "ratio": found.ratio,
        "times": [len(found.ours), len(found.plain)], "heard": len(heard)}
registry._plugins.things["task", "scripted"] = task("owner/scripted", config="one")
from harness.data.lock import repositories
said["locked"] = [*repositories(registry, ["scripted"], [])]
"""


def test_loading_is_measured_in_the_languages_that_have_rows(tmp_path: Path, hub: str) -> None:
    said = tell(MEASURED, tmp_path, hub)
    assert (said["languages"], said["rows"], said["split"]) == (2, 8, "test")
    assert said["times"] == [2, 2]
    assert said["heard"] == 3
    assert said["ratio"] > 0
    assert ["dataset", "owner/scripted", None] in said["locked"]
