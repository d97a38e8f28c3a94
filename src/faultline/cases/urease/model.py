"""Case ``urease``: the stages, thin, and what is declared of them. The defaults are the configuration that failed.

The numerics are in the modules beside this one: chemistry and dataset make the records, features, network and training are the
estimator, mechanistic_fit its rival, evaluation holds both against the truth; checks has the oracles; declared says what has to
hold, and what the authors believe.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from faultline.cases.urease import (
    checks,
    dataset,
    estimator,
    evaluation,
    mechanistic_fit,
    training,
)
from faultline.cases.urease import (
    features as prefixes,
)
from faultline.cases.urease.audit import HYPOTHESES  # noqa: F401  read, and never run
from faultline.cases.urease.declared import CONTRACT, CRITERIA, ORACLES  # noqa: F401  read, and never run
from faultline.cases.urease.estimator import Estimator
from faultline.cases.urease.network import Settings

TARGET = "pipeline"

# fmt: off
# prefix and lag in s, offset in pH, E0 in g/L, the volume of the test rows in L.
SCENARIOS = {
    "uniform": {"cadences": "uniform", "prefix": 30.0, "E0": [0.05, 1.25], "lag": 0.0, "offset": 0.0, "test_volume": 0.2},
    "uniform_10s": {"cadences": "uniform", "prefix": 10.0, "E0": [0.05, 1.25], "lag": 0.0, "offset": 0.0, "test_volume": 0.2},
    "uniform_60s": {"cadences": "uniform", "prefix": 60.0, "E0": [0.05, 1.25], "lag": 0.0, "offset": 0.0, "test_volume": 0.2},
    "long": {"cadences": "uniform", "prefix": 300.0, "E0": [0.05, 1.25], "lag": 0.0, "offset": 0.0, "test_volume": 0.2},
    "mixed": {"cadences": "mixed", "prefix": 1000.0, "E0": [0.05, 1.25], "lag": 0.0, "offset": 0.0, "test_volume": 0.2},
    "slow": {"cadences": "uniform", "prefix": 30.0, "E0": [0.0005, 0.055], "lag": 0.0, "offset": 0.0, "test_volume": 0.2},
    "lag": {"cadences": "uniform", "prefix": 30.0, "E0": [0.05, 1.25], "lag": 10.0, "offset": 0.05, "test_volume": 0.2},
    "volume": {"cadences": "uniform", "prefix": 30.0, "E0": [0.05, 1.25], "lag": 0.0, "offset": 0.0, "test_volume": 0.25},
}
# fmt: on

PRESETS = {
    "as_audited": {},
    "as_committed": {"time": "absent"},
    # Chosen on validation rows of other seeds, before its trials ran; docs/cases/urease.md has the figures.
    "repaired": {
        "padding": "mask",
        "evaluation_prefix": "as_in_training",
        "head": "bounded",
        "constant_input": "dropped",
        "split_seed": "42",
        "learning_rate": "3e-3",
        "dropout": "0.1_0.05",
    },
}
REPAIRED = "repaired"
# Where the choices of a toggle change what the default scenario hides: it has one cadence, no lag, and one volume.
TRIED_IN = {
    "time": {"scenario": "mixed"},
    "dt_channel": {"scenario": "mixed"},
    "lag_model": {"scenario": "lag"},
    "constant_input": {"scenario": "volume"},
    "evaluation_prefix": {"choices": {"padding": "edge"}},
}

# Toggles that several stages read.
LagModel = Literal["absent", "in_model"]
Head = Literal["linear", "bounded"]
Uncertainty = Literal["none", "nll"]
Logvar = Literal["free", "clamped", "floored", "regularised"]
Dropout = Literal["0.2_0.1", "0.1_0.05"]
BatchNorm = Literal["off", "on"]
Levels = Literal["3", "5"]
EvaluationPrefix = Literal["bare", "as_in_training"]
OutputOrder = Literal["as_written", "reversed"]
MetricScale = Literal["physical", "normalised"]


def generate(run, *, powder: Literal["by_itself", "sets_E0"] = "by_itself", lag_model: LagModel = "absent"):
    """Conditions, parameters and pH records; the last rows are for testing."""
    arrays = dataset.simulated(run.substream, run.scenario, powder, lag_model)
    ranges = {name: list(each) for name, each in dataset.ranges_of(run.scenario).items()}
    prefixes.check_targets(list(ranges), arrays["target_params"], ranges)
    facts = {
        "infer_params": list(dataset.INFER_PARAMS),
        "known_inputs": list(dataset.KNOWN_INPUTS),
        "ranges": ranges,
        "prefix": run.scenario["prefix"],
        "noise_sd": dataset.NOISE,
    }
    return run.output(arrays=arrays, facts=facts)


def split(
    generate,
    run,
    *,
    split_seed: Literal["none", "42"] = "none",
    validation_share: Literal["0.1", "0.2"] = "0.1",
):
    """Rows for training and validation, as the authors permute them, twice: the second time says whether it can be repeated."""
    rows = len(generate.target_params) - dataset.TEST
    number = rows - round(float(validation_share) * rows)

    def permuted():
        # The authors' words, without a seed and with one.
        if split_seed == "none":
            return np.random.permutation(rows)
        return np.random.default_rng(42).permutation(rows)

    order, again = permuted(), permuted()
    other = np.setdiff1d(again[:number], order[:number])
    arrays = {
        "train_index": order[:number],
        "val_index": order[number:],
        "test_index": np.arange(rows, rows + dataset.TEST),
    }
    return run.output(arrays=arrays, facts={"repeat_difference": len(other) / number})


def features(
    generate,
    split,
    run,
    *,
    padding: Literal["edge", "interpolate", "mask"] = "edge",
    time: Literal["absent", "raw", "global_z", "per_sequence_z"] = "global_z",
    dt_channel: Literal["off", "from_network_time", "from_raw_time"] = "off",
    ph_scale: Literal["global_z", "per_sequence_z", "raw"] = "global_z",
    constant_input: Literal["normalised", "dropped"] = "normalised",
):
    """What the network reads of the rows for training and validation, and the statistics that scale it."""
    choices = prefixes.Choices(padding, time, dt_channel, ph_scale, constant_input)
    arrays, facts = prefixes.made(generate, split, choices)
    return run.output(arrays=arrays, facts=facts)


def train(
    generate,
    features,
    run,
    *,
    head: Head = "linear",
    uncertainty: Uncertainty = "nll",
    logvar: Logvar = "free",
    clipping: Literal["none", "1.0"] = "none",
    dropout: Dropout = "0.2_0.1",
    batch_norm: BatchNorm = "off",
    levels: Levels = "3",
    learning_rate: Literal["1e-3", "3e-3"] = "1e-3",
    scheduler: Literal["none", "plateau"] = "plateau",
    patience: Literal["10", "30"] = "10",
    epochs: Literal["60", "150"] = "60",
    batch_size: Literal["16", "32"] = "16",
):
    """The network, fitted to the rows for training; the weights are those with the lowest validation loss."""
    settings = Settings(head, uncertainty, logvar, dropout, batch_norm, int(levels))
    plan = training.Plan.of(
        {
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "patience": patience,
            "scheduler": scheduler,
            "clipping": clipping,
        }
    )
    stats = features.facts["stats"]
    bounds = estimator.bounds_of(generate.facts["ranges"], stats)
    sets = [training.Rows.of(*prefixes.rows_of(features, name)) for name in ("train", "val")]
    state, traces = training.fitted(run.scan, settings, plan, run.number("start"), *sets, bounds)
    made = Estimator(state.best, settings, prefixes.Choices(**features.facts["choices"]), stats, bounds)
    path = made.saved(run.folder / "checkpoint.npz")
    return run.output(files={"checkpoint": path}, facts=training.summary(traces, plan, settings))


def evaluate(
    generate,
    split,
    features,
    train,
    run,
    *,
    evaluation_prefix: EvaluationPrefix = "bare",
    output_order: OutputOrder = "as_written",
    metric_scale: MetricScale = "physical",
):
    """The test rows, read once: parameters with their intervals, beside the truth."""
    made = estimator.loaded(train.files["checkpoint"])
    arrays, facts = estimator.evaluated(
        made, generate, split, features, run.rng, evaluation_prefix, output_order, metric_scale
    )
    return run.output(arrays=arrays, facts=facts)


def reference(generate, run, *, lag_model: LagModel = "absent"):
    """The mechanistic model on the test rows: the bounded fit, and by prefix what the posterior leaves open."""
    arrays, facts = mechanistic_fit.of_scenario(generate, run.scenario, lag_model)
    return run.output(arrays=arrays, facts=facts)


def forecast(generate, split, evaluate, reference, run):
    """Records up to 2000 s from the estimates and from the fit, on a uniform grid beside the truth."""
    rows = split.test_index
    curves, truth = generate.curves[rows], generate.target_params[rows]
    found = {
        name: evaluation.forecast(curves, each)
        for name, each in (("truth", truth), ("network", evaluate.parameters), ("fit", reference.parameters))
    }
    network, fit = (evaluation.scores(found["truth"], found[name]) for name in ("network", "fit"))
    facts = {
        **network,
        "fit": fit,
        "grid_dt": evaluation.STEP,
        "gap_E0": evaluate.facts["mae_E0"] - reference.facts["mae_E0"],
        "gap_k_d": evaluate.facts["mae_k_d"] - reference.facts["mae_k_d"],
        "fit_prefix_difference": float(np.abs(evaluate.prefix_read - reference.prefix_read).max()),
    }
    return run.output(arrays={name: each[:6] for name, each in found.items()}, facts=facts)


def overfit(
    generate,
    split,
    run,
    *,
    head: Head = "linear",
    dropout: Dropout = "0.2_0.1",
    batch_norm: BatchNorm = "off",
    levels: Levels = "3",
):
    """Whether the network can fit 10 rows in 100 epochs and 100 rows in 50, by squared error, given sound features; and how much of
    a record it sees."""
    arrays, _ = prefixes.made(generate, split, prefixes.SOUND)
    settings = Settings(head, "none", "free", dropout, batch_norm, int(levels))
    rows, number = prefixes.rows_of(run.output(arrays=arrays), "train"), run.number("start")
    ten, hundred = (
        checks.overfit(rows, settings, number, count, epochs) for count, epochs in ((10, 100), (100, 50))
    )
    seen = checks.points_that_reach(settings, rows[0].shape[-1], rows[2].shape[-1], number)
    facts = {"ten": ten, "hundred": hundred, "ten_E0": ten["E0"], "hundred_E0": hundred["E0"]}
    return run.output(facts=facts | {"points_that_reach": seen})


def check_simulator(generate, run):
    """Records by Phi against a stiff solver that knows nothing of it."""
    some = slice(-checks.STIFF, None)
    error = checks.simulator_error(
        generate.known_inputs[some], generate.target_params[some], generate.curves[some]
    )
    return run.output(facts={"stiff_error": error})


def check_head(generate, features, run, *, head: Head = "linear"):
    """How far the head can leave the ranges."""
    return run.output(
        facts={"reach": checks.head_reach(head, generate.facts["ranges"], features.facts["stats"])}
    )


def check_loss(run, *, head: Head = "linear", uncertainty: Uncertainty = "nll", logvar: Logvar = "free"):
    """The loss against finite differences, and whether its minimum is at the right variance."""
    settings = Settings(head, uncertainty, logvar, "0.2_0.1", "off", 3)
    return run.output(facts=checks.likelihood(settings, run.rng))


def check_chain(
    generate,
    features,
    run,
    *,
    output_order: OutputOrder = "as_written",
    metric_scale: MetricScale = "physical",
):
    """Exact outputs through the way to the metrics."""
    return run.output(
        facts=checks.chain(generate.target_params, features.facts["stats"], output_order, metric_scale)
    )


def picture(stage, output, axes):
    """What a stage left, for its page: records by cadence before and after features, the fit, calibration, forecasts."""
    from faultline.cases.urease import pictures

    pictures.of_stage(stage, output, axes)
