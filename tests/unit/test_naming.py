"""IMPORTANT_FILE_NAMING_CONVENTIONS.md against what is there: scripts, and the names that the code makes."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from faultline.core.record import make_paths
from faultline.plan.ladder import groups
from faultline.report.plots import MANIFEST, PICTURES
from faultline.targets.case import read_signature

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "IMPORTANT_FILE_NAMING_CONVENTIONS.md").read_text(encoding="utf-8")
DESC = "[a-z0-9]+(?:_[a-z0-9]+)*"
PLACES = {
    "<desc>": DESC,
    "<run_id>": r"[A-Za-z0-9][A-Za-z0-9._+-]*?",
    "<T>": r"\d+",
    "<name>": r"[A-Za-z0-9][A-Za-z0-9._+-]*",
    "_N_": r"_\d+_",
    "*": DESC,
}
SUITE = Path("tests/diagnostics/v0_2_1_divergence")


def patterns() -> list[re.Pattern]:
    """One for each name of the table; a folder's name stands for all that is in it, ``D`` for the suite's folder."""
    found = []
    for row in re.findall(r"^\| [^|]+ \| (.+) \|$", TABLE, flags=re.MULTILINE):
        names = [name for name in re.findall(r"`([^`]+)`", row) if "/" in name or name.startswith(".")]
        for i, name in enumerate(names):
            if name.startswith("."):
                name = names[i] = str(Path(names[i - 1]).with_suffix(name))
            parts = re.split("|".join(map(re.escape, PLACES)), name.removeprefix("D/"))
            holes = re.findall("|".join(map(re.escape, PLACES)), name)
            text = "".join(
                re.escape(part) + PLACES.get(hole, "") for part, hole in zip(parts, [*holes, ""], strict=True)
            )
            found.append(re.compile(text + (".+" if name.endswith("/") else "")))
    return found


PATTERNS = patterns()


def listed(path: str | Path) -> bool:
    return any(pattern.fullmatch(Path(path).as_posix()) for pattern in PATTERNS)


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").glob("*.py")))
def test_every_script_has_a_name_of_the_table(script):
    assert listed(f"scripts/{script}")


def test_the_scripts_of_groups_are_those_of_the_ladder():
    scripts = {path.stem.removeprefix("test_") for path in (ROOT / "scripts").glob("test_group_*.py")}
    assert scripts == {group.name for group in groups(read_signature("gimbal"))}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "scripts/test_group_3.py",
            "scripts/group_3_baseline.py",
            "scripts/debug_gradients.py",
            "report_3.md",
        ),
        *("results/results_group3_x.json", "results/results_group_3_x_.json", "results/group_3_x.json"),
        *("plots/group_3_x/Energy plot.png", "plots/energy.png", "report_group_3_x__.md", "report_step_4.md"),
    ],
)
def test_another_name_is_found(path):
    assert not listed(path)


@pytest.mark.parametrize("group", [group.name for group in groups(read_signature("gimbal"), sizes=[200])])
def test_results_and_reports_of_a_group(group, tmp_path):
    paths = make_paths(group, "2025-12-19T21-00-00", tmp_path)
    files = [path for key, path in paths.items() if key not in ("plots", "debug")]
    assert [path for path in files if not listed(path.relative_to(tmp_path))] == []
    assert listed((paths["debug"] / "judge.log").relative_to(tmp_path))


@pytest.mark.parametrize("kind", list(PICTURES))
def test_pictures(kind):
    assert all(listed(f"plots/group_3_x/{name}") for name in [*PICTURES[kind], MANIFEST])


def test_a_debugging_step_writes_what_its_script_is_called():
    for script in (ROOT / "scripts").glob("debug_step_*.py"):
        spec = importlib.util.spec_from_file_location(script.stem, script)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert script.stem == f"debug_{module.NAME}"
        results, report = module.outputs(SUITE)
        assert listed(results.relative_to(SUITE)) and listed(report.relative_to(SUITE))
        assert module.NAME in results.name and module.NAME in report.name


@pytest.mark.slow
def test_everything_that_a_group_leaves_behind(tmp_path):
    toy = ROOT / "tests" / "workflow" / "cases" / "toy.py"
    command = [
        "--case",
        toy,
        "--dataset_name",
        "none",
        "--group",
        "1",
        "--run_id",
        "first",
        "--suite_dir",
        tmp_path,
    ]
    script = ROOT / "scripts" / "run_group.py"
    subprocess.run([sys.executable, script, *command], check=True, capture_output=True)
    left = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(left) > 8 and [path for path in left if not listed(path)] == []
