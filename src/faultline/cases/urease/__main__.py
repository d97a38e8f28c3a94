"""The authors' commands: ``python -m faultline.cases.urease evaluate_early_inference --preset as_audited``."""

from __future__ import annotations

from pathlib import Path

import click

from faultline.cases.urease import reports
from faultline.core.errors import InputError

SCENARIO = click.option("--scenario", default="uniform", show_default=True, help="An entry of SCENARIOS.")
PRESET = click.option("--preset", default="as_audited", show_default=True, help="An entry of PRESETS.")
SEED = click.option("--seed", default=42, show_default=True)


def out(folder: str):
    """Where the files go."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(folder),
        show_default=True,
        help="The folder for what is written.",
    )


@click.group()
def main() -> None:
    """Single runs of the case urease. Trials of its choices: faultline diagnose urease."""


@main.command("generate_early_inference_data")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    default=("uniform_10s", "uniform", "uniform_60s"),
    show_default=True,
)
@click.option(
    "--padding", type=click.Choice(["edge", "interpolate", "mask"]), default="edge", show_default=True
)
@SEED
@out("early_inference_data")
def generate_early_inference_data(scenarios: tuple[str, ...], padding: str, seed: int, out: Path) -> None:
    """training_data.npz with one entry for each prefix, and metadata.json."""
    found = reports.write_data(out, list(scenarios), seed, padding)
    click.echo(f"{', '.join(found['prefixes'])} in {out / 'training_data.npz'}")


@main.command("train_early_inference")
@SCENARIO
@PRESET
@SEED
@out("models_early_inference")
def train_early_inference(scenario: str, preset: str, seed: int, out: Path) -> None:
    """A fit, with a picture of its first batch every ten epochs."""
    found = reports.train(out, scenario, preset, seed)
    lowest, span = found["loss_min"], found["logvar_range"]
    if lowest < 0:
        click.echo(f"WARNING: Negative loss {lowest:.6f}, logvar range: [{span[0]:.4f}, {span[1]:.4f}]")
    click.echo(
        f"{found['epochs_run']} epochs; lowest validation loss {found['best_val_loss']:.4f}; files in {out}"
    )


@main.command("evaluate_early_inference")
@SCENARIO
@PRESET
@SEED
@out("evaluation_early_inference")
def evaluate_early_inference(scenario: str, preset: str, seed: int, out: Path) -> None:
    """Network and mechanistic fit on the same prefix, with forecasts."""
    found = reports.evaluate(out, scenario, preset, seed)
    network, fit = found["network"], found["fit"]
    click.echo(
        f"MAE of E0: network {network['mae_E0']:.4f}, fit {fit['mae_E0']:.4f}, prior mean {network['baseline_mae_E0']:.4f} g/L; "
        f"{network['out_of_range']:.0%} of rows out of range, {network['negative_E0']} negative E0; files in {out}"
    )


@main.command("time_features")
@SCENARIO
@SEED
@out("time_features")
def time_features(scenario: str, seed: int, out: Path) -> None:
    """Normalized time and its differences, for three cadences."""
    click.echo(reports.as_text(reports.time_features(out, scenario, seed)))


@main.command("identifiability")
@click.option("--preset", default="repaired", show_default=True)
@click.option("--seed", "seeds", multiple=True, type=int, default=(42, 43, 44), show_default=True)
def identifiability(preset: str, seeds: tuple[int, ...]) -> None:
    """The network beside the mechanistic posterior, by prefix."""
    click.echo(reports.as_text(reports.by_prefix(preset, list(seeds))))


if __name__ == "__main__":
    try:
        main(prog_name="python -m faultline.cases.urease")
    except InputError as mistake:
        raise SystemExit(f"error: {mistake}") from None
