"""Draws all pictures of a group and lists them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultline.plots import MANIFEST, PICTURES, style
from faultline.plots.draws import Draws, open_draws
from faultline.record import read_json, write_json
from faultline.sizes import renamed


def draw_all(
    record_path: Path, draws_path: str | Path | None, folder: Path, group: str | None
) -> dict[str, Any]:
    """What ``faultline.plots.plot_group`` promises."""
    record = renamed(read_json(record_path), group, record_path.stem)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = PICTURES[record["kind"]]
    draws = _draws(record, draws_path) if any(needs for *_, needs in wanted.values()) else None
    with style.look():
        pictures = [
            {
                "file": name,
                "title": title,
                **_make(record, draws if needs else None, folder / name, module, title),
            }
            for name, (module, title, needs) in wanted.items()
        ]
    if isinstance(draws, Draws):
        draws.close()
    for stale in folder.iterdir():
        if stale.is_file() and stale.name not in wanted and stale.name != MANIFEST:
            stale.unlink()
    manifest = {
        "group": record["group"],
        "run_id": record["run_id"],
        "files": sorted([*wanted, MANIFEST]),
        "pictures": pictures,
    }
    write_json(folder / MANIFEST, manifest)
    return manifest


def _draws(record: Mapping[str, Any], path: str | Path | None) -> Draws | style.NothingToDraw:
    """The draws, or why there are none: one reason serves every picture."""
    try:
        return open_draws(path, record)
    except style.NothingToDraw as why:
        return why


def _make(record: Mapping[str, Any], draws, path: Path, module: str, title: str) -> dict[str, Any]:
    """Draw one picture; a picture that cannot be drawn is one of words, never the end of the stage."""
    try:
        if isinstance(draws, style.NothingToDraw):
            raise draws
        fig = importlib.import_module(f"faultline.plots.{module}").draw(record, draws)
        style.save(fig, path)
        return {"drawn": True}
    except style.NothingToDraw as why:
        reason = str(why)
    except (
        Exception
    ) as err:  # odd draws must not cost the reader the report; picture and manifest say what went wrong
        reason = f"This picture could not be drawn ({type(err).__name__}: {err})."
    style.save(style.words(record, title, reason), path)
    return {"drawn": False, "reason": reason}
