"""What names mean: plugins joined with registry.yaml, harness.yaml and --registry files."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from harness import HarnessError, HubSource, Perturbation, Task, __version__
from harness.errors import UnknownName
from harness.languages import language, languages
from harness.plan.spec import task_names
from harness.plugins import Origin, Plugins
from harness.registry import Registry, load_registry
from harness.registry_schema import Defaults, Recipe


@pytest.fixture(autouse=True)
def _outside_the_repository(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("HARNESS_PLUGINS", "HARNESS_STRICT_PLUGINS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        return load_registry()


def written(name: str, text: str) -> Path:
    path = Path(name)
    path.write_text(dedent(text), encoding="utf-8")
    return path


class Toy(Perturbation):
    family = "toy"

    def __init__(self, name: str, intensity: float) -> None:
        self.name, self.intensity = name, intensity


class Like(Toy):
    takes = "a language"

    def of(self, parameter: str) -> Perturbation:
        return Like(f"{self.name}:{parameter}", self.intensity)


@pytest.fixture(scope="module")
def toys():
    known = (Toy("a", 1.0), Toy("b", 0.3), Like("like", 1.0))
    things = {("perturbation", f"toy.{each.name}"): each for each in known}
    return Registry(Defaults(), Plugins(things=things), {}, {}, {"toys": ("toy.a", "toy.b:0.5", "toy.a")}, {})


def labels(variants):
    return [(each.label, each.intensity) for each in variants]


def test_a_name_alone_takes_the_default_intensity(toys):
    assert labels(toys.perturbations(["toy.b"])) == [("toy.b", 0.3)]


def test_an_intensity_is_part_of_the_label_unless_it_is_the_default(toys):
    assert labels(toys.perturbations(["toy.a:0.25", "toy.b:0.3"])) == [("toy.a:0.25", 0.25), ("toy.b", 0.3)]


def test_a_group_is_expanded_and_each_variant_is_there_once(toys):
    assert labels(toys.perturbations(["toys", "toy.a"])) == [("toy.a", 1.0), ("toy.b:0.5", 0.5)]


def test_an_intensity_on_a_group_is_that_of_all_its_members(toys):
    assert labels(toys.perturbations(["toys:0.1"])) == [("toy.a:0.1", 0.1), ("toy.b:0.1", 0.1)]


def test_a_number_is_the_intensity_of_a_perturbation_that_takes_something_else(toys):
    assert labels(toys.perturbations(["toy.like:0.5", "toy.like:ja:0.5"])) == [
        ("toy.like:0.5", 0.5),
        ("toy.like:ja:0.5", 0.5),
    ]
    assert [each.perturbation.name for each in toys.perturbations(["toy.like:0.5", "toy.like:ja"])] == [
        "like",
        "like:ja",
    ]


@pytest.mark.parametrize("intensity", ["1.5", "-0.1", "much", "", "nan"])
def test_an_intensity_outside_0_to_1_is_refused(toys, intensity):
    with pytest.raises(HarnessError, match="is no number from 0 to 1"):
        toys.perturbations([f"toy.a:{intensity}"])


def test_an_unknown_perturbation_answers_with_near_names_and_groups(toys):
    with pytest.raises(UnknownName) as error:
        toys.perturbations(["toyz"])
    assert "toys" in error.value.mend


def test_a_named_model_is_built_from_its_family_with_what_the_file_says(registry):
    model = registry.model("xlmr-base")
    assert type(model) is type(registry.model("some/encoder"))
    assert (model.name, model.path) == ("xlmr-base", "FacebookAI/xlm-roberta-base")
    assert model.revision == "e73636d4f797dec63c3081bb6ed5c7b0bb3f2089"
    assert registry.origin("model", "xlmr-base").plugin == "encoders"


def test_a_hub_path_is_a_model_called_by_its_last_part(registry):
    model = registry.model("some-org/some_encoder")
    assert (model.name, model.path, model.revision) == ("some_encoder", "some-org/some_encoder", None)
    assert registry.origin("model", model.name) == registry.origin("model", "xlmr-base")


def test_a_folder_is_a_model_called_by_its_name(registry, tmp_path):
    (tmp_path / "checkpoints" / "mine").mkdir(parents=True)
    model = registry.model("checkpoints/mine")
    assert (model.name, model.path) == ("mine", str(tmp_path / "checkpoints" / "mine"))


def test_the_family_itself_is_no_model(registry):
    assert "huggingface" not in registry.names("model")
    with pytest.raises(UnknownName):
        registry.model("huggingface")


def test_an_unknown_model_answers_with_near_names(registry):
    with pytest.raises(UnknownName, match="unknown model 'xlmr-bas'") as error:
        registry.model("xlmr-bas")
    assert "xlmr-base" in error.value.mend


def test_the_languages_code_is_filled_into_the_sources_configuration(registry):
    assert registry.source(registry.task("xnli"), "sw").config == "sw"
    assert registry.source(registry.task("mnli"), "en").config == "mnli"
    assert registry.source(registry.task("anli+"), "en") is None


def test_a_task_may_hold_its_source(registry):
    task = Task(name="t", source=HubSource("a/b", config="x-{language}"))
    assert registry.source(task, "de").config == "x-de"


def test_the_nli_family_agrees_on_labels_and_counts(registry):
    tasks = [registry.task(name) for name in ("xnli", "mnli", "snli", "anli", "anli+")]
    assert {task.labels for task in tasks} == {("entailment", "neutral", "contradiction")}
    assert len(registry.task("xnli").languages) == 15
    assert registry.task("xnli").train_on == "mnli"
    parts = [registry.source(registry.task(name), "en") for name in registry.task("anli+").includes]
    # 2005.13013 counts 1,104,934 training and 22,857 dev examples in ANLI+
    assert sum(part.rows["train"] for part in parts) == 1_104_934
    assert sum(part.rows["dev"] for part in parts) == 22_857


def test_a_recipe_is_overridden_by_task_and_then_by_what_is_set(registry):
    assert registry.recipe_for("paper", "mnli").epochs == 3
    assert registry.recipe_for("paper", "xnli").epochs == 2
    assert registry.recipe_for("paper", "xquad").batch_size == 16
    assert registry.recipe_for("paper", "xnli", {"epochs": "0.5"}).epochs == 0.5


def test_what_is_set_is_typed_by_the_schema(registry):
    sets = {"max_steps": "10", "freeze": "embeddings", "patience": "none", "length_grouped": "false"}
    recipe = registry.recipe_for("quick", "xnli", {**sets, "learning_rate": "3e-5", "eval_every": "200"})
    assert (recipe.max_steps, recipe.freeze, recipe.patience) == (10, ("embeddings",), None)
    assert (recipe.length_grouped, recipe.learning_rate, recipe.eval_every) == (False, 3e-5, 200)
    assert isinstance(recipe.eval_every, int)
    assert registry.recipe_for("quick", "xnli", {"freeze": ""}).freeze == ()


def test_a_recipe_holds_hyper_parameters_only(registry):
    assert registry.recipe_for("paper", "xnli").model_dump().keys() == Recipe.model_fields.keys()


@pytest.mark.parametrize(
    ("sets", "wrong", "mend"),
    [
        ({"epoch": "3"}, "--set: unknown key 'epoch'", "epochs"),
        ({"overrides": "3"}, "--set: unknown key 'overrides'", ""),
        ({"epochs": "many"}, "--set: 'epochs' should be a valid number", ""),
        ({"pooling": "max"}, "--set: 'pooling' should be 'first' or 'mean'", ""),
    ],
)
def test_what_cannot_be_set_is_told(registry, sets, wrong, mend):
    with pytest.raises(HarnessError, match=wrong) as error:
        registry.recipe_for("paper", "xnli", sets)
    assert mend in error.value.mend


def test_a_task_in_yaml_takes_eight_lines():
    written(
        "harness.yaml",
        """\
        tasks:
          my-sick:
            format: pair-classification
            labels: [entailment, neutral, contradiction]
            languages: [en, nl]
            source: {hub: some/sick, config: "{language}", columns: {premise: sentence_A}}
            train_on: mnli
        """,
    )
    registry = load_registry()
    task = registry.task("my-sick")
    assert registry.source(task, "nl").config == "nl"
    assert registry.source(task, "nl").columns == {"premise": "sentence_A"}
    assert registry.place("task", "my-sick") == "harness.yaml:2"
    assert registry.origin("task", "my-sick").distribution == "transfer-harness"


def test_files_given_extend_each_other_and_harness_yaml_is_read_once():
    user = written("harness.yaml", "models: {mine: {path: me/mine}}")
    more = written("more.yaml", "groups: {both: [syntactic.reverse]}\nmodels: {yours: {path: you/yours}}")
    registry = load_registry([more, user])
    assert {"mine", "yours", "xlmr-base"} <= set(registry.names("model"))
    assert registry.groups()["both"] == ("syntactic.reverse",)


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        (
            "models: {xlmr-base: {path: me/mine}}",
            r"model 'xlmr-base' is already defined by registry.yaml:\d+",
        ),
        ("tasks: {xnli: {}}", r"task 'xnli' is already defined by transfer-harness [\d.]+ \(nli\)"),
        ("groups: {syntactic: []}", r"group 'syntactic' is already defined by registry.yaml:\d+"),
        ("recipes: {paper: {}}", r"recipe 'paper' is already defined by registry.yaml:\d+"),
        ("models: {huggingface: {path: a/b}}", "model 'huggingface' is already defined by transfer-harness"),
    ],
)
def test_a_clash_of_names_names_both_origins(text, clash):
    written("harness.yaml", text)
    with pytest.raises(HarnessError, match=rf"harness\.yaml:1: {clash}"):
        load_registry()


def test_two_files_may_not_define_the_same_name():
    one, two = written("one.yaml", "groups: {g: []}"), written("two.yaml", "\ngroups: {g: []}")
    with pytest.raises(HarnessError, match=r"two\.yaml:2: group 'g' is already defined by one\.yaml:1"):
        load_registry([one, two])


def test_defaults_are_replaced_key_by_key():
    written("harness.yaml", "defaults: {model: mbert, seed: [1, 2]}")
    defaults = load_registry().defaults
    assert (defaults.model, defaults.seed, defaults.target) == ("mbert", (1, 2), "xnli")


def test_an_unknown_default_is_told_with_its_line():
    written("harness.yaml", "models: {}\ndefaults: {modle: mbert}")
    with pytest.raises(HarnessError, match=r"harness\.yaml:2: defaults: unknown key 'modle'") as error:
        load_registry()
    assert "model" in error.value.mend


def test_a_model_in_yaml_comes_from_the_code_of_its_encoder():
    written("harness.yaml", "models: {mine: {path: me/mine}}")
    assert load_registry().origin("model", "mine") == Origin("transfer-harness", __version__, "encoders")


def test_an_unknown_encoder_is_told_with_its_line():
    written("harness.yaml", "models:\n  mine: {path: me/mine, encoder: hugginface}")
    registry = load_registry(blocked=["noise"])
    with pytest.raises(UnknownName):  # it may be the blocked plugin's
        registry.model("mine")
    with pytest.raises(UnknownName, match="encoder of model 'mine' 'hugginface'") as error:
        load_registry()
    assert "huggingface" in error.value.mend
    assert "harness.yaml:2" in error.value.mend


def test_what_the_built_in_things_refer_to_exists(registry):
    assert registry.plugin_note == ""
    registry.perturbations(registry.groups())
    for task in registry.tasks():
        registry.source(task, task.languages[0])
        for name in (*task.includes, *([task.train_on] if task.train_on else [])):
            registry.task(name)
        assert set(task.languages) <= {*languages(), "mul"}  # mul: text of several languages
    for model in registry.models():
        if model.pretraining:
            for name in task_names(model.pretraining.task):
                registry.recipe_for(model.pretraining.recipe, registry.task(name).name)
    defaults = registry.defaults
    registry.model(defaults.model)
    registry.recipe_for(defaults.recipe, registry.task(defaults.target).name)
    assert [registry.task(name) for name in defaults.intermediates if name != "none"]


def test_strict_plugins_without_a_failure_change_nothing(monkeypatch):
    monkeypatch.setenv("HARNESS_STRICT_PLUGINS", "1")
    load_registry()


def test_xtreme_r_has_50_languages_and_all_are_known():
    xtreme_r = (
        "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa "
        "pl pt qu ro ru sw ta te th tl tr uk ur vi wo yo zh"
    )
    assert len(xtreme_r.split()) == 50
    assert set(xtreme_r.split()) <= languages().keys()


def test_a_language_has_a_name_a_script_and_a_way_of_writing():
    assert (language("th").name, language("th").script, language("th").spaces) == ("Thai", "Thai", False)
    assert language("sw").spaces
    assert all(len(each.script) == 4 and each.script.istitle() for each in languages().values())


def test_the_table_agrees_with_the_tokenizer_on_which_languages_have_spaces():
    from harness.text.writing import spaced

    assert {code for code, each in languages().items() if each.spaces != spaced(code)} == set()


def test_an_unknown_language_answers_with_near_names():
    with pytest.raises(UnknownName, match="unknown language 'swahili'") as error:
        language("swahili")
    assert "sw is Swahili." in error.value.mend
