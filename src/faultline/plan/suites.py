"""Which suite a case and its dataset go to: the one that was named, if it is theirs, or one of their own."""

from __future__ import annotations

import re
from pathlib import Path

from faultline.core.errors import InputError, shown
from faultline.core.record import DATASETS, SUITES
from faultline.plan.config import LONGEST_NAME, RESERVED, Config
from faultline.store.keys import digest
from faultline.store.suite import Suite
from faultline.targets import bundled
from faultline.targets.case import Signature
from faultline.targets.source import FILES, split


def choose_suite(settings: Config, signature: Signature, folder: Path | None = None) -> tuple[Suite, str]:
    """The suite for these settings, or at ``folder``, and a line that names it where nobody else has; else "".

    Raises
    ------
    InputError
        If the suite that was named belongs to another case or dataset, and ``overwrite`` does not allow that.
    """
    owner = (settings.case, settings.dataset_of(signature))
    if folder or settings.suite:
        suite = Suite(folder or Path(SUITES, settings.suite))
        if not settings.overwrite and not is_of(suite, owner):
            raise InputError(
                f"suite {suite.folder} belongs to {_said(suite.owner())}, but this run is for {_said(owner)}; omit suite to use "
                f"{_own(owner).folder}, choose another name, or take the suite over with overwrite=true (--overwrite)."
            )
        return suite, ""
    suite = _own(owner)
    line = f"Suite {suite.folder}, named after {_said(owner)}; choose another with suite=NAME."
    return suite, "" if suite.folder.name == _given_name(*owner) else line


def check_reported(suite: Suite, key: str | None) -> None:
    """Raise ``InputError`` if a suite has no summary for ``--report``, or has that of another request than ``key``."""
    page = "report_summary.html"
    if (suite.folder / page).is_file():
        if suite.published("summary").get("key") == key:
            return
        raise InputError(
            f"the summary in {suite.folder} was made with other settings; first run snakemake -j4 report_summary with the same --config."
        )
    others = sorted(path.parent.name for path in Path(SUITES).glob(f"*/{page}"))
    there = f" (these suites have one: {', '.join(others)})" if others else ""
    raise InputError(
        f"there is no summary in {suite.folder}{there}; give the same --config as the run (case, dataset, suite), or first "
        "run snakemake -j4 report_summary."
    )


def is_of(suite: Suite, owner: tuple[str, str | None]) -> bool:
    """Whether a suite is of this case and dataset, or of none yet."""
    found = suite.owner()
    return found is None or all(
        a == b or (a and b and _same_file(a, b)) for a, b in zip(found, owner, strict=True)
    )


def _own(owner: tuple[str, str | None]) -> Suite:
    """The suite named after a case and its dataset; with some digits more where another file of that name has it."""
    name = _name(*owner)
    suite = Suite(Path(SUITES, name))
    if is_of(suite, owner):
        return suite
    return Suite(Path(SUITES, f"{name}_{digest([part and str(Path(part).resolve()) for part in owner])[:6]}"))


def _name(case: str, dataset: str | None) -> str:
    if given := _given_name(case, dataset):
        return given
    stems = [] if case in bundled.CASES and dataset else _stems(case)
    if dataset:
        stems.append(Path(dataset).stem)
    name = re.sub(r"[^A-Za-z0-9+-]+", "_", "_".join(stems))[:LONGEST_NAME].strip("_+-")
    return f"suite_{name}" if name in ("", *RESERVED) else name


def _stems(case: str) -> list[str]:
    file, name = split(case)
    return [Path(file).stem, *filter(None, [name])] if file.endswith(FILES) else [case.split(".")[-1]]


def _given_name(case: str, dataset: str | None) -> str | None:
    """What a bundled case calls the suite of its default dataset, if it has a name for it."""
    if [dataset] != [f"{DATASETS}/{name}.npz" for name in bundled.datasets(case)[:1]]:
        return None
    return getattr(bundled.package(case), "SUITE", None)


def _same_file(one: str, other: str) -> bool:
    (file, name), (second, named) = split(one), split(other)
    return name == named and Path(file).exists() and Path(file).resolve() == Path(second).resolve()


def _said(owner: tuple[str, str | None]) -> str:
    case, dataset = owner
    return f"case {shown(case)[1:-1]}" + (
        f" with dataset {shown(Path(dataset).name)[1:-1]}" if dataset else ""
    )
