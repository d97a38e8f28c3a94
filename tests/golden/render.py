"""What judging and writing make of fixed measured records, and how the files beside this one are renewed.

    python tests/golden/render.py take D/results ...   # measured records of suites -> tests/golden/measured
    python tests/golden/render.py write                # what they give now -> tests/golden/expected

``take`` is for another choice of records. ``write`` is for a change that is meant to alter what users read: the
difference that git shows then is the change. No picture is drawn here, and nothing is measured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MEASURED, EXPECTED = HERE / "measured", HERE / "expected"
RULE = "=" * 20
_PATH = re.compile(r"(?:/[\w.+-]+)+/(?=(?:\.venv|benchmarks|src|scripts|tests|lib/python3)\b)")
"""The way to a checkout or an installation, which is another one on each machine."""


def names() -> list[str]:
    """The suites, by name."""
    return sorted(path.stem for path in MEASURED.glob("*.json"))


def texts(name: str) -> dict[str, str]:
    """Every file that a suite gets from its measured records: name in the suite's folder -> content."""
    from faultline.core.record import read_json, write_json
    from faultline.diagnosis.rules import judged
    from faultline.report.group_page import write_report
    from faultline.report.summary import write_summary

    measured = read_json(MEASURED / f"{name}.json")
    with tempfile.TemporaryDirectory() as scratch:
        suite = Path(scratch) / "suite"
        records = []
        for group, content in measured.items():
            write_json(suite / "results" / f"measured_{group}.json", content)
            path, record = suite / "results" / f"results_{group}.json", judged(content)
            write_json(path, record)
            write_report(path, suite / "plots" / group, suite)
            records.append(record)
        write_summary(suite, records)
        files = [path for path in sorted(suite.rglob("*")) if path.is_file()]
        found = {str(path.relative_to(suite)): path.read_text() for path in files}
    copies = [path for path in found if "__" in path or "measured_" in path]
    return {path: text for path, text in found.items() if path not in copies}


def expectation(found: Mapping[str, str]) -> str:
    """What is kept of those files: what a person reads in full, and a digest of each."""
    kept = {}
    for path, text in found.items():
        if path.startswith("results/results_"):
            record = json.loads(text)
            part = {key: record[key] for key in ("checks", "verdict")}
            kept[f"{path}: checks and verdict"] = json.dumps(part, indent=1, ensure_ascii=False) + "\n"
        elif path.endswith(".md") or path == "results/summary.json":
            kept[path] = text
    digests = {path: hashlib.sha256(text.encode()).hexdigest()[:16] for path, text in found.items()}
    kept["digests"] = json.dumps(digests, indent=1) + "\n"
    return "\n".join(f"{RULE} {path}\n{text}" for path, text in kept.items())


def take(folders: Sequence[Path]) -> None:
    """Keep the measured records of these suites (folders ``results/``)."""
    MEASURED.mkdir(exist_ok=True)
    for folder in folders:
        run = folder.resolve().parent
        name = run.name if not run.name.startswith("seed_") else f"{run.parent.name}-{run.name}"
        records = {
            path.stem.removeprefix("measured_"): _without_paths(json.loads(path.read_text()))
            for path in sorted(folder.glob("measured_*.json"))
        }
        (MEASURED / f"{name}.json").write_text(json.dumps(records, ensure_ascii=False, indent=0) + "\n")


def _without_paths(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_paths(item) for item in value]
    return _PATH.sub("/project/", value) if isinstance(value, str) else value


def write() -> None:
    """Expect from now on what the records give now."""
    shutil.rmtree(EXPECTED, ignore_errors=True)
    EXPECTED.mkdir()
    for name in names():
        (EXPECTED / f"{name}.txt").write_text(expectation(texts(name)))


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("take", "write"))
    parser.add_argument("folders", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "take":
        take(arguments.folders)
    else:
        write()
    return 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "src")]
    sys.exit(main())
