"""Draws all pictures of a group and lists them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, trace_of
from faultline.core.reading import read_json_file
from faultline.core.record import read_record, write_json
from faultline.core.sections.record import Record
from faultline.report.plots import MANIFEST, PICTURES, style
from faultline.report.plots.draws import Draws, open_draws


def plot_group(
    record_path: str | Path, draws_path: str | Path | None, plots_dir: str | Path
) -> dict[str, Any]:
    """Draw every picture of a record's group into ``plots_dir`` and list them in ``artifacts_manifest.json`` there.

    Every picture of the group's kind is always made: where there is nothing to draw it says why in words. Pictures that an
    earlier manifest there lists and that are no longer made are removed. Returns the manifest.
    """
    return draw_all(read_record(record_path), draws_path, Path(plots_dir))


def draw_all(
    record: Mapping[str, Any] | Record, draws_path: str | Path | None, folder: Path
) -> dict[str, Any]:
    """Draw every picture of a record's group into ``folder``, and list them, after those that the case has drawn there. Returns the manifest.

    Pictures that an earlier manifest there lists and that are no longer made are removed, and no other file.
    """
    record = Record.of(record)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = PICTURES[record.kind]
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
    pictures += [
        {"file": row["file"], "title": f"Stage {row['stage']}", "drawn": True}
        for row in record.pipeline.pictures
        if "file" in row and (folder / row["file"]).is_file()
    ]
    files = [row["file"] for row in pictures]
    if isinstance(draws, Draws):
        draws.close()
    for stale in _listed(folder) - {*files, MANIFEST}:
        (folder / stale).unlink(missing_ok=True)
    manifest = {
        "group": record.group,
        "run_id": record.run_id,
        "files": sorted([*files, MANIFEST]),
        "pictures": pictures,
    }
    write_json(folder / MANIFEST, manifest)
    return manifest


def _listed(folder: Path) -> set[str]:
    """Plain file names that the manifest of an earlier run lists."""
    try:
        files = read_json_file(folder / MANIFEST, "manifest")["files"]
        return {name for name in files if Path(name).name == name and (folder / name).is_file()}
    except (InputError, KeyError, TypeError):
        return set()


def _draws(record: Record, path: str | Path | None) -> Draws | style.NothingToDraw:
    """The draws, or why there are none: one reason serves every picture."""
    try:
        return open_draws(path, record)
    except style.NothingToDraw as why:
        return why


def _make(record: Record, draws, path: Path, module: str, title: str) -> dict[str, Any]:
    """Draw one picture; a picture that cannot be drawn is one of words, never the end of the stage."""
    try:
        if isinstance(draws, style.NothingToDraw):
            raise draws
        fig = importlib.import_module(f"faultline.report.plots.{module}").draw(record, draws)
        style.save(fig, path)
        return {"drawn": True}
    except style.NothingToDraw as why:
        reason = str(why)
    except Exception as err:  # odd draws must not cost the reader the report; the picture and the manifest say what went wrong
        print(trace_of(err), file=sys.stderr)
        reason = f"This picture could not be drawn ({type(err).__name__}: {err})."
    style.save(style.words(record, title, reason), path)
    return {"drawn": False, "reason": reason}
