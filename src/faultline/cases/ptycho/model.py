"""Case ``ptycho``: the stages, thin, and what is declared of them. The defaults are the configuration that failed.

The numerics are in the modules beside this one: scene, illumination, optics and dataset make the data, grouping, fitting and
stitching are the reconstruction, comparison holds it against the object; checks has the oracles; declared says what has to hold, and what
the authors believe; scenarios says on what data and with which choices they are run.
"""

from __future__ import annotations

from typing import Literal

import jax.numpy as jnp
import numpy as np

from faultline.cases.ptycho import (
    checks,
    comparison,
    dataset,
    fitting,
    grouping,
    illumination,
    inspection,
    optics,
    scene,
    stitching,
)
from faultline.cases.ptycho.declared import (  # noqa: F401  read, and never run
    CONTRACT,
    CRITERIA,
    EXIT_CRITERIA,
    HYPOTHESES,
    ORACLES,
)
from faultline.cases.ptycho.scenarios import BUDGET, PRESETS, REPAIRED, SCENARIOS, TRIED_IN  # noqa: F401

TARGET = "pipeline"

# Toggles that several stages read.
Gridsize = Literal["scenario", "1", "2"]
Snapshot = Literal["refreshed", "scenario_before"]
Probe = Literal["scenario", "ideal", "custom"]
ProbeCenter = Literal["scenario", "pixel", "half_pixel"]
ProbePath = Literal["set_default_probe", "make_probe"]
ProbeScaling = Literal["once", "twice"]
AmplitudeHead = Literal["sigmoid", "softplus", "relu", "swish"]
Positivity = Literal["none", "1e-12"]
Loss = Literal["nll", "mae"]
LogScale = Literal["fixed", "trainable"]
Gauge = Literal["normalized", "undone"]
Canvas = Literal["padded", "required"]
MergeMask = Literal["alike", "differently"]
Rescale = Literal["none", "recorded", "least_squares"]
NeighborCount = Literal["scenario", "1", "5"]
RATES = {"400_steps": 0.1, "2000_steps": 0.1, "5": 1e-3, "60": 1e-3}  # of Adam


def simulate(
    run,
    *,
    scan: Literal["nongrid", "grid"] = "nongrid",
    gridsize: Gridsize = "scenario",
    probe: Probe = "scenario",
    probe_center: ProbeCenter = "scenario",
    probe_path: ProbePath = "set_default_probe",
    blank_region: Literal["scenario", "no", "yes"] = "scenario",
):
    """Object, probe, scan positions and the frames with their photons."""
    about = dataset.resolved(
        run.scenario,
        scan=scan,
        gridsize=gridsize,
        probe=probe,
        probe_center=probe_center,
        probe_path=probe_path,
        blank_region=blank_region,
    )
    arrays, facts = dataset.simulated(run.substream, about)
    return run.output(arrays=arrays, facts=facts)


def split(simulate, run, *, points: Literal["many", "two"] = "many"):
    """Two halves: the upper and the lower by y, of a grid the first regions and the last; and the loader's gain."""
    places = np.stack([simulate.ycoords, simulate.xcoords], axis=-1)
    regions = simulate.scan_index
    order = np.lexsort(
        (np.arange(len(places)), regions if simulate.facts["scan"] == "grid" else places[:, 0])
    )
    half = len(order) // 2
    chosen = np.stack([order[:half], order[half : 2 * half]])
    if points == "two":
        chosen = chosen[:, :2]
    frames = simulate.diff3d[chosen]
    facts = {
        "gain": optics.gain_of(frames.reshape(-1, *frames.shape[2:])),
        "dataset_scale": optics.scale_of(frames.reshape(-1, *frames.shape[2:]), simulate.facts["nphotons"]),
        "points": int(chosen.shape[1]),
        "power": {name: optics.power(each) for name, each in zip(("train", "test"), frames, strict=True)},
    }
    return run.output(
        arrays={"index": chosen, "places": places[chosen], "regions": regions[chosen], "diff3d": frames},
        facts=facts,
    )


def group(
    simulate,
    split,
    run,
    *,
    gridsize: Gridsize = "scenario",
    snapshot: Snapshot = "refreshed",
    neighbor_count: NeighborCount = "scenario",
    group_count: Literal["scenario", "fewer", "more"] = "scenario",
):
    """Frames in groups of gridsize^2 neighbors, with the coordinates of groups and members from the object's center."""
    about = dataset.resolved(run.scenario, gridsize=gridsize, neighbor_count=neighbor_count)
    size = _gridsize(run.scenario, gridsize, snapshot)
    asked = {
        "scenario": about["groups"],
        "fewer": max(about["groups"] // 2, 1),
        "more": 2 * split.facts["points"],
    }[group_count]
    from_regions = simulate.facts["scan"] == "grid" and size == simulate.facts["gridsize"]
    rows = [
        grouping.of_regions(regions, size**2, asked)
        if from_regions
        else grouping.neighbors(run.rng, places, size**2, about["neighbor_count"], asked)
        for places, regions in zip(split.places, split.regions, strict=True)
    ]
    arrays = grouping.arrays_of(split.places, np.stack(rows), np.array(simulate.objectGuess.shape) / 2)
    facts = {
        "gridsize": size,
        "neighbor_count": about["neighbor_count"],
        "from_regions": from_regions,
        "groups_requested": asked,
    }
    return run.output(arrays=arrays, facts=facts | grouping.summary(**arrays))


def train(
    simulate,
    split,
    group,
    run,
    *,
    amplitude_head: AmplitudeHead = "sigmoid",
    intensity_scale: Literal["fallback", "from_dataset"] = "fallback",
    log_scale: LogScale = "fixed",
    positivity: Positivity = "none",
    loss: Loss = "nll",
    snapshot: Snapshot = "refreshed",
    probe_scaling: ProbeScaling = "once",
    epochs: Literal["400_steps", "5", "60", "2000_steps"] = "400_steps",
):
    """Each half's object, fitted through the head to the normalized frames."""
    settings = fitting.Settings(amplitude_head, positivity, loss, log_scale, simulate.facts["phase"] > 0)
    gain = split.facts["gain"]
    scale = _scale(run.scenario, run.substream, split, simulate, intensity_scale, snapshot)
    counts = (scale * gain * split.diff3d.astype(float)) ** 2
    frames = fitting.Frames(
        jnp.asarray(scene.corners(split.places), jnp.int32), jnp.asarray(counts, jnp.float32)
    )
    probe = illumination.of_model(simulate.probeGuess, simulate.facts["probe_scale"], probe_scaling)
    batch = None if epochs.endswith("steps") else run.scenario["batch"]
    steps = fitting.schedule(
        run.substream("order"), group.nn_indices, batch, int(epochs.removesuffix("_steps"))
    )
    begin = fitting.start(run.substream("start"), len(simulate.objectGuess), scale)
    found, traces = fitting.fitted(run.scan, settings, begin, frames, probe, steps, RATES[epochs])
    wave = np.asarray(fitting.wave_of(found, settings))
    facts = {
        "gain": gain,
        "intensity_scale_before": scale,
        "intensity_scale": [float(each) for each in np.exp(np.asarray(found.log_scale, float))],
        "log_scale": [float(each) for each in found.log_scale],
        "counts_per_frame": float(np.mean(counts.sum(axis=(-2, -1)))),
        "steps": len(steps),
        "finite": int(np.isfinite(wave).all()),
        "first_nan_step": fitting.first_bad_step(traces),
        "nan_count": int(np.sum(~np.isfinite(wave))),
        "smallest_power": float(np.nanmin(traces["smallest_power"])),
    }
    return run.output(arrays={"theta": np.asarray(found.theta), "object": wave, "probe": probe}, facts=facts)


def infer(split, group, train, run, *, gauge: Gauge = "normalized"):
    """The patches of each half's object in the places of its groups."""
    places = np.stack(
        [each[rows].reshape(-1, 2) for each, rows in zip(split.places, group.nn_indices, strict=True)]
    )
    found = np.stack([scene.patches(each, at) for each, at in zip(train.object, places, strict=True)])
    patches = optics.in_units(found, train.facts["gain"], gauge)
    return run.output(arrays={"patches": patches}, facts={"mean_amplitude": float(np.abs(patches).mean())})


def stitch(
    simulate,
    group,
    infer,
    run,
    *,
    gridsize: Gridsize = "scenario",
    snapshot: Snapshot = "refreshed",
    canvas: Canvas = "padded",
    merge_mask: MergeMask = "alike",
):
    """The patches of each half put together."""
    offsets, size = grouping.offsets_of(group), _canvas(run.scenario, group, gridsize, snapshot, canvas)
    across = len(simulate.objectGuess)
    whole = [
        [stitching.on_object(image, across) for image in stitching.stitched(each, at, size, merge_mask)]
        for each, at in zip(infer.patches, offsets, strict=True)
    ]
    average, weights = (np.stack(each) for each in zip(*whole, strict=True))
    facts = stitching.summary(offsets, size, _gridsize(run.scenario, gridsize, snapshot), across)
    return run.output(arrays={"object": average, "weights": weights}, facts=facts)


def compare(simulate, split, train, stitch, run, *, rescale: Rescale = "none"):
    """The stitched amplitude beside the object's, where the probe shone and something was stitched."""
    shone = np.stack(
        [comparison.shone(simulate.probeGuess, each, len(simulate.objectGuess)) for each in split.places]
    )
    pixels = shone & (stitch.weights > 0)
    recorded = float(np.mean(train.facts["intensity_scale"]))
    facts = comparison.of_halves(simulate.objectGuess, stitch.object, pixels, rescale, recorded)
    if not simulate.facts["phase"] > 0:
        facts["phase"] = "n/a"  # that of a real object is constant, and correlates with nothing
    facts["reached"] = float(np.sum(pixels) / np.sum(shone))
    amplitude = facts["prediction_scale"]["value"] * np.abs(stitch.object)
    return run.output(arrays={"amplitude": amplitude, "pixels": pixels}, facts=facts)


def inspect(simulate, compare, run):
    """What a look at the reconstruction would find: structure, shift and tiles."""
    truth = np.abs(simulate.objectGuess).astype(float)
    return run.output(facts=inspection.looked_at(truth, compare.amplitude, compare.pixels))


def check_probe(
    run,
    *,
    probe: Probe = "scenario",
    probe_center: ProbeCenter = "scenario",
    probe_path: ProbePath = "set_default_probe",
    probe_scaling: ProbeScaling = "once",
):
    """The model's probe against its definition, with the sum written out."""
    about = dataset.resolved(run.scenario, probe=probe, probe_center=probe_center, probe_path=probe_path)
    kind, scale, center = about["probe"], about["probe_scale"], illumination.center_of(about["probe_center"])
    of_data = illumination.SCALED[probe_path](illumination.shape(kind, center), scale, center)
    used = illumination.of_model(of_data, scale, probe_scaling)
    return run.output(facts={"probe_error": checks.probe_error(used, kind, center, scale)})


def check_likelihood(
    run,
    *,
    amplitude_head: AmplitudeHead = "sigmoid",
    positivity: Positivity = "none",
    loss: Loss = "nll",
    log_scale: LogScale = "fixed",
):
    """The likelihood as it is written: at exact zeros, against finite differences, and whether its minimum is at the truth."""
    settings = fitting.Settings(amplitude_head, positivity, loss, log_scale, with_phase=False)
    return run.output(facts=checks.likelihood(settings, run.rng))


def check_head(simulate, split, run, *, amplitude_head: AmplitudeHead = "sigmoid"):
    """Whether the head has the amplitudes that the normalized frames ask for."""
    wanted = split.facts["gain"] * np.abs(simulate.objectGuess).astype(float)
    shone = comparison.shone(simulate.probeGuess, split.places.reshape(-1, 2), len(wanted))
    return run.output(facts={"unreached": checks.unreached(amplitude_head, wanted[shone])})


def check_scale(simulate, split, train, run):
    """The recorded intensity scale against that of the exit waves."""
    known = checks.scale_of_waves(
        simulate.objectGuess, split.places.reshape(-1, 2), simulate.probeGuess, simulate.facts["nphotons"]
    )
    return run.output(
        facts={"scale_error": float(np.max(np.abs(np.array(train.facts["intensity_scale"]) / known - 1)))}
    )


def check_groups(split, group, run):
    """The members of each group against all distances."""
    count = None if group.facts["from_regions"] else group.facts["neighbor_count"]
    stretches = [
        checks.group_stretch(places, rows, count)
        for places, rows in zip(split.places, group.nn_indices, strict=True)
    ]
    return run.output(facts={"stretch": max(stretches)})


def check_units(
    simulate,
    split,
    group,
    train,
    run,
    *,
    gridsize: Gridsize = "scenario",
    snapshot: Snapshot = "refreshed",
    gauge: Gauge = "normalized",
    canvas: Canvas = "padded",
    merge_mask: MergeMask = "alike",
    rescale: Rescale = "none",
):
    """The way from patches to the comparison, given the exact patches in the units of the fit."""
    offsets, size = grouping.offsets_of(group), _canvas(run.scenario, group, gridsize, snapshot, canvas)
    truth, gain = np.abs(simulate.objectGuess).astype(float), split.facts["gain"]
    known, found = [], []
    for each, places in zip(offsets, split.places, strict=True):
        exact = optics.in_units(gain * scene.patches(truth, each + len(truth) / 2), gain, gauge)
        whole = stitching.stitched(exact, each, size, merge_mask)
        average, weights = (stitching.on_object(image, len(truth)) for image in whole)
        pixels = comparison.shone(simulate.probeGuess, places, len(truth)) & (weights > 0)
        known.append(truth[pixels])
        found.append(average[pixels])
    recorded = float(np.mean(train.facts["intensity_scale"]))
    facts = checks.units(np.concatenate(known), np.concatenate(found), rescale, recorded)
    return run.output(facts=facts | {"lost": checks.lost(offsets.reshape(-1, 2), size)})


def _gridsize(scenario, gridsize: str, snapshot: str) -> int:
    """The gridsize in use: that of the scenario before, where the parameters were not refreshed."""
    if snapshot == "scenario_before":
        return SCENARIOS[scenario["before"]]["gridsize"]
    return dataset.resolved(scenario, gridsize=gridsize)["gridsize"]


def _scale(scenario, stream, split, simulate, intensity_scale: str, snapshot: str) -> float:
    """The intensity scale before the first step; that of the scenario before, where the parameters were not refreshed."""
    if snapshot == "refreshed":
        nphotons, of_frames = simulate.facts["nphotons"], split.facts["dataset_scale"]
    else:
        before = SCENARIOS[scenario["before"]]
        _, facts = dataset.simulated(stream, dataset.resolved(before))
        nphotons, of_frames = before["nphotons"], facts["intensity_scale"]
    return optics.fallback_scale(nphotons) if intensity_scale == "fallback" else of_frames


def _canvas(scenario, group, gridsize: str, snapshot: str, canvas: str) -> int:
    """The side of the canvas; what is required is the most over both halves."""
    if canvas == "required":
        return max(map(stitching.required_size, grouping.offsets_of(group)))
    return stitching.padded_size(_gridsize(scenario, gridsize, snapshot))


def picture(stage, output, axes):
    """What a stage left, for its page: object and scan, the canvas, and the amplitude that is compared."""
    from faultline.cases.ptycho import pictures

    pictures.of_stage(stage, output, axes)
