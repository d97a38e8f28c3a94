"""The authors' report commands: ``python -m faultline.cases.ptycho grouping_summary --scenario gs2_custom``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from faultline.cases.ptycho import reports
from faultline.core.errors import InputError

OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    help="The folder for what is written.",
)
SCENARIO = click.option("--scenario", default="gs1_ideal", show_default=True, help="An entry of SCENARIOS.")
SEED = click.option("--seed", default=42, show_default=True)
PRESET = click.option("--preset", default="as_it_stood", show_default=True, help="An entry of PRESETS.")


def overrides(command: Callable) -> Callable:
    """The options that change entries of the scenario."""
    for name in ("gridsize", "neighbor-count", "total-images", "group-count"):
        command = click.option(f"--{name}", type=click.IntRange(min=1))(command)
    return command


def changes(
    gridsize: int | None, neighbor_count: int | None, total_images: int | None, group_count: int | None
) -> dict[str, Any]:
    """Those that were given."""
    given = {
        "gridsize": gridsize,
        "neighbor_count": neighbor_count,
        "images": total_images,
        "groups": group_count,
    }
    return {name: value for name, value in given.items() if value is not None}


@click.group()
def main() -> None:
    """Reports on single runs of the case ptycho. Trials of its choices: faultline diagnose ptycho."""


@main.command("grouping_summary")
@SCENARIO
@SEED
@OUT
@overrides
@click.option("--label", default="", help="The end of the file's name, in place of the scenario.")
def grouping_summary(scenario: str, seed: int, out: Path, label: str, **given: int | None) -> None:
    """Requested and achieved groups, and their coordinates."""
    found = reports.grouping(scenario=scenario, changes=changes(**given), seed=seed)
    _write(out, f"grouping_comparison_{label or scenario}", found, "Groups")


@main.command("probe_normalization_report")
@SCENARIO
@OUT
def probe_normalization_report(scenario: str, out: Path) -> None:
    """The two ways to the probe."""
    _write(out, f"probe_stats_{scenario}", reports.probe_normalization(scenario), "Two ways to the probe")


@main.command("reassembly_limits_report")
@SCENARIO
@SEED
@OUT
@overrides
@click.option("--group-limit", type=click.IntRange(min=1), default=64, show_default=True)
def reassembly_limits_report(
    scenario: str, seed: int, out: Path, group_limit: int, **given: int | None
) -> None:
    """Offsets, the old canvas and the required one, and what is lost, for each half."""
    found = reports.reassembly(group_limit, scenario=scenario, changes=changes(**given), seed=seed)
    for subset, content in found.items():
        _write(out, f"{scenario}_{subset}_reassembly", content, f"The canvas of {scenario}, {subset} half")


@main.command("run_phase_c2_scenario")
@SCENARIO
@SEED
@OUT
@PRESET
@overrides
@click.option(
    "--prediction-scale",
    type=click.Choice(["none", "recorded", "least_squares"]),
    default="none",
    show_default=True,
)
def run_phase_c2_scenario(
    scenario: str, seed: int, out: Path, preset: str, prediction_scale: str, **given: int | None
) -> None:
    """A scenario from end to end, with arrays, pictures and summaries."""
    about = {
        "scenario": scenario,
        "changes": changes(**given),
        "seed": seed,
        "preset": preset,
        "choices": {"rescale": prediction_scale},
    }
    metadata = reports.whole_run(out, **about)
    click.echo(f"{len(metadata['files']) + 2} files in {out}; {metadata['nan_count']} pixels are not finite")


@main.command("two_by_two")
@SEED
@OUT
@PRESET
def two_by_two(seed: int, out: Path, preset: str) -> None:
    """Grid and nongrid, ideal and custom probe."""
    _write(out, f"two_by_two_{preset}", reports.two_by_two(preset, seed), f"Grid and probe, {preset}")


@main.command("where_nan")
@OUT
@click.option("--seeds", type=click.IntRange(min=1), default=8, show_default=True, help="Runs of each cell.")
def where_nan(out: Path, seeds: int) -> None:
    """Where NaN comes from: runs that are not finite, for each change and two places of the probe."""
    _write(out, "where_nan", reports.where_nan(seeds), "Runs that are not finite, of gs1_ideal at 2000 steps")


def _write(out: Path, name: str, content: dict[str, Any], title: str) -> None:
    reports.write(out, name, content, title)
    click.echo((out / f"{name}.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    try:
        main(prog_name="python -m faultline.cases.ptycho")
    except InputError as mistake:
        raise SystemExit(f"error: {mistake}") from None
