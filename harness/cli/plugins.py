"""``harness plugins``: where plugins come from, and what failed."""

from __future__ import annotations

from typing import Annotated

import typer


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the plugins that are installed, what they provide, and what failed."""
    from dataclasses import asdict

    from harness.cli import options, output
    from harness.plugins import load_plugins, strict

    loaded = load_plugins(options().no_plugin)
    if as_json:
        output.as_json([asdict(record) for record in loaded.records])
    else:
        output.table(
            "plugins",
            ("name", "kind", "origin", "version", "status", "provides", "error"),
            [
                (
                    each.name,
                    ", ".join(each.kinds),
                    each.origin,
                    each.version,
                    each.status,
                    ", ".join(each.provides),
                    each.error,
                )
                for each in loaded.records
            ],
        )
    if strict():
        loaded.require()
