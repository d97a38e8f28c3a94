"""What a case draws of its stages, ``picture(stage, output, axes)``: in a process of its own, so that it can break nothing.

python -m faultline.experiments.stage_pictures asked.json
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultline.core.errors import described
from faultline.core.record import read_json, write_json

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder

SECONDS = 60.0
"""For all pictures of a group together: they are there to be looked at, and nobody waits longer for that."""
INCHES, DPI = (5.0, 3.6), 110


def drawn(recorder: Recorder, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Draw the output of each stage. Returns for each that there is a picture of, or should be, its ``stage`` and ``file``, or ``error``.

    Parameters
    ----------
    keys
        Stage -> the key under which its output stands.
    """
    folder = Path(recorder.spec["record"]).parent
    asked, told = folder / "pictures.json", folder / "pictures.jsonl"
    told.unlink(missing_ok=True)
    about = {
        "case": recorder.spec["case"],
        "store": recorder.spec["store"],
        "folders": list(map(str, recorder.folders)),
    }
    write_json(asked, {**about, "keys": dict(keys), "folder": str(folder), "told": str(told)})
    seconds = max(1.0, min(SECONDS, recorder.seconds_left()))
    command = [sys.executable, "-P", "-m", "faultline.experiments.stage_pictures", str(asked)]
    try:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=seconds, check=False).returncode
        ended = f"the process that draws ended with exit code {code}, and the log of the measurement has its last words"
    except subprocess.TimeoutExpired:
        ended = f"drawing was stopped after {seconds:.0f} s"
    rows = (
        {row["stage"]: row for row in map(json.loads, told.read_text().splitlines())}
        if told.is_file()
        else {}
    )
    found = [rows.get(stage, {"stage": stage, "error": ended}) for stage in keys]
    return [row for row in found if row.keys() > {"stage"}]


def main(path: str) -> None:
    """Draw what a file asks for; a line is told of each stage as soon as it is done."""
    from matplotlib.figure import Figure

    from faultline.experiments.stage_objects import recalled
    from faultline.store.objects import Store
    from faultline.targets.loading import load_case

    asked = read_json(path)
    store, module = Store(asked["store"]), load_case(asked["case"], in_its_folder=True).module
    for stage, key in asked["keys"].items():
        figure = Figure(figsize=INCHES, layout="constrained")
        axes = figure.add_subplot(title=stage)
        row = {"stage": stage}
        try:
            module.picture(stage, recalled(store, key)[0], axes)
            if any(each.has_data() or each.texts for each in figure.axes):
                file = f"stage_{stage}.png"
                figure.savefig(Path(asked["folder"], file), dpi=DPI)
                row["file"] = file
        except (Exception, SystemExit) as error:
            found = described(error, [Path(folder) for folder in asked["folders"]])
            print(found["traceback"], file=sys.stderr)
            where = f" in {found['where']}" if found["where"] else ""
            row["error"] = f"{found['type']}{where}: {found['message'] or 'no message'}"
        with open(asked["told"], "a", encoding="utf-8") as told:
            told.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
