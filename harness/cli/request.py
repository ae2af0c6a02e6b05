"""From options and a config file to a RunSpec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.names import unknown
from harness.plan.spec import RunSpec
from harness.registry import Registry

LISTS = {"intermediate", "perturb", "language", "train_language", "seed", "set", "perturb_field", "freeze"}
SCALARS = {
    "model": str,
    "target": str,
    "recipe": str,
    "limit": int,
    "train_limit": int,
    "lora_rank": int,
    "split": str,
    "perturb_seed": int,
    "continue_head": bool,
    "suite": str,
    "control": str,
    "metric": str,
    "translator": str,
    "noise_words": str,
    "lexicon": str,
    "perturb_model": str,
    "device": str,
    "precision": str,
}


def make_spec(
    registry: Registry, given: Mapping[str, Any], config: Path | None
) -> tuple[RunSpec, str | None]:
    """Join the command line, the config file and the registry's defaults, the first of them first.

    Returns:
        what is asked for, and the suite whose targets stand in for its target, if one is named.

    Raises:
        HarnessError: the file cannot be read, or holds an unknown key or a value of a wrong type.
    """
    defaults = registry.defaults
    values: dict[str, Any] = {
        "model": defaults.model,
        "intermediate": list(defaults.intermediates),
        "target": defaults.target,
        "seed": list(defaults.seed),
        "recipe": defaults.recipe,
        "perturb_seed": defaults.perturb_seed,
    }
    values |= _read(config) if config is not None else {}
    values |= {name: value for name, value in given.items() if value is not None}
    settings = dict(_setting(each) for each in values.get("set") or ())
    if values.get("freeze"):
        settings["freeze"] = ",".join(_commas(values["freeze"]))
    if values.get("lora_rank"):
        settings["lora_rank"] = str(values["lora_rank"])
    spec = RunSpec(
        model=values["model"],
        intermediates=tuple(values["intermediate"]),
        target=values["target"],
        perturbations=_commas(values.get("perturb")),
        languages=_commas(values.get("language")),
        seeds=tuple(values["seed"]),
        recipe=values["recipe"],
        settings=settings,
        limit=values.get("limit"),
        train_limit=values.get("train_limit"),
        split=values.get("split"),
        fields=_commas(values.get("perturb_field")),
        perturb_seed=values["perturb_seed"],
        continue_head=bool(values.get("continue_head")),
        train_languages=_commas(values.get("train_language")),
        control=values.get("control"),
        metric=values.get("metric"),
        translator=values.get("translator"),
        noise_words=values.get("noise_words"),
        lexicon=values.get("lexicon"),
        perturb_model=values.get("perturb_model"),
        device=values.get("device") or "auto",
        precision=values.get("precision") or "auto",
    )
    return spec, values.get("suite")


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: dataclasses as objects, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise HarnessError(f"{path}: {error.strerror}", "Give a YAML file with --config.") from error
    except yaml.YAMLError as error:
        raise HarnessError(f"{path}: not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise HarnessError(f"{path}: not a mapping of options", "Write lines such as 'model: xlmr-base'.")
    values: dict[str, Any] = {}
    for key, value in content.items():
        name = str(key).replace("-", "_")
        if name == "set" and isinstance(value, dict):
            values[name] = [f"{setting}={part}" for setting, part in value.items()]
        elif name in LISTS:
            values[name] = list(value) if isinstance(value, list) else [value]
            if name == "seed" and not all(isinstance(each, int) for each in values[name]):
                raise HarnessError(f"{path}: 'seed' holds something that is no whole number")
            if name != "seed":
                values[name] = [str(each) for each in values[name]]
        elif name in SCALARS:
            wanted = SCALARS[name]
            if value is not None and type(value) is not wanted:
                raise HarnessError(f"{path}: '{key}' is {value!r}, not of type {wanted.__name__}")
            values[name] = value
        else:
            raise unknown("option", str(key), [*LISTS, *SCALARS], f"In {path}.")
    return {name: value for name, value in values.items() if value is not None}


def _commas(values: Any) -> tuple[str, ...]:
    return tuple(part for each in values or () for part in str(each).split(",") if part)


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise HarnessError(f"--set {text}: not of the form key=value", "Write --set learning_rate=2e-5, say.")
    return name.strip(), value.strip()
