from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.tracking.environment import environment
from harness.tracking.store import Destination, connect, destination


def test_the_default_is_sqlite_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = destination(environ={})
    assert place == Destination(f"sqlite:///{tmp_path}/mlflow.db", "harness")
    assert place.database == tmp_path / "mlflow.db"


def test_mlflow_variables_and_arguments_are_honoured_in_that_order() -> None:
    environ = {"MLFLOW_TRACKING_URI": "http://host:5000", "MLFLOW_EXPERIMENT_NAME": "paper"}
    assert destination(environ=environ) == Destination("http://host:5000", "paper")
    assert destination("http://other", "mine", environ) == Destination("http://other", "mine")
    assert destination(environ=environ).database is None


def test_an_address_is_shown_without_its_password() -> None:
    assert Destination("https://user:secret@host:5000/a", "e").shown == "https://host:5000/a"


def test_a_new_experiment_keeps_its_artifacts_beside_the_database(place: Destination) -> None:
    client, experiment_id = connect(place)
    assert place.database is not None
    assert client.get_experiment(experiment_id).artifact_location == (
        (place.database.parent / "mlruns" / "harness").as_uri()
    )
    assert connect(place)[1] == experiment_id


def test_a_deleted_experiment_says_what_to_do(place: Destination) -> None:
    client, experiment_id = connect(place)
    client.delete_experiment(experiment_id)
    with pytest.raises(HarnessError, match="'harness' is deleted"):
        connect(place)


def test_the_environment_names_versions_and_git_state_if_there_is_any(tmp_path: Path) -> None:
    found = environment({"nli": "0.1.0"}, tmp_path)
    assert found["git"] is None
    assert found["plugins"] == {"nli": "0.1.0"}
    assert found["cpus"] >= 1
    assert found["packages"]["numpy"]
