"""The lock: hashes for everything, no address of an index, and the same pins wherever a version is written."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-slurm.lock")


def normal(name: str) -> str:
    """A package's name as an index knows it, without extras."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()


def pins(lock: str) -> dict[str, str]:
    """Package -> version of a lock file."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {normal(name): version for name, version in found}


def wanted(extra: str | None = None) -> set[str]:
    """Packages that pyproject.toml asks for: the dependencies, or those of one extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {normal(re.match(r"[A-Za-z0-9_.-]+", requirement)[0]) for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_nothing_names_an_index(lock):
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?:|--(extra-)?index-url|--find-links|file:", text)
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    unhashed = [b.splitlines()[0] for b in blocks if "==" in b.split("\n")[0] and "--hash=sha256:" not in b]
    assert pins(lock)
    assert not unhashed


def test_the_locks_cover_what_pyproject_asks_for():
    assert wanted() | wanted("dev") <= pins("requirements.lock").keys()
    assert wanted("slurm") <= pins("requirements-slurm.lock").keys()


def test_the_default_installation_has_no_executor_plugin():
    """Snakemake imports every plugin it finds at each start; the one for Slurm brings pandas."""
    assert not [name for name in pins("requirements.lock") if name.startswith("snakemake-executor-plugin-")]


def test_environments_for_conda_carry_the_pins_of_the_lock():
    lock = pins("requirements.lock")
    files = sorted((ROOT / "envs").glob("*.yaml"))
    named = set()
    for file in files:
        parts = yaml.safe_load(file.read_text())["dependencies"]
        packages = dict(line.split("==") for line in next(p["pip"] for p in parts if isinstance(p, dict)))
        assert {name: lock[normal(name)] for name in packages} == packages, file.name
        named |= {normal(name) for name in packages}
    tools = {"snakemake", "click", "rich"}  # these run the workflow, and are not run by it
    assert wanted() - tools == named


def test_every_rule_names_an_environment_that_exists():
    for rules in (ROOT / "workflow" / "rules").glob("*.smk"):
        for name in re.findall(r'"\.\./\.\./(envs/[^"]+)"', rules.read_text()):
            assert (ROOT / name).is_file(), f"{rules.name}: {name}"


def test_python_is_pinned_to_a_version_that_the_project_allows():
    pinned = (ROOT / ".python-version").read_text().strip()
    assert re.fullmatch(r"3\.\d+", pinned)
    assert tuple(map(int, pinned.split("."))) >= (3, 12)
