"""On what data the stages of case ``ptycho`` are run, and with which choices: plain literals."""

# Images, groups of a split and groups of a batch are those of the authors, divided by 8. "before" is the scenario that ran before.
# fmt: off
SCENARIOS = {
    "gs1_ideal": {"images": 64, "groups": 32, "batch": 1, "gridsize": 1, "neighbor_count": 4, "probe": "ideal", "probe_scale": 10.0,
        "probe_center": "pixel", "blank_region": "no", "nphotons": 1e5, "before": "dose_legacy"},
    "gs1_custom": {"images": 64, "groups": 32, "batch": 1, "gridsize": 1, "neighbor_count": 4, "probe": "custom", "probe_scale": 4.0,
        "probe_center": "pixel", "blank_region": "yes", "nphotons": 1e5, "before": "gs1_ideal"},
    "gs2_ideal": {"images": 32, "groups": 16, "batch": 1, "gridsize": 2, "neighbor_count": 4, "probe": "ideal", "probe_scale": 10.0,
        "probe_center": "half_pixel", "blank_region": "no", "nphotons": 1e5, "before": "gs1_custom"},
    "gs2_custom": {"images": 32, "groups": 16, "batch": 1, "gridsize": 2, "neighbor_count": 4, "probe": "custom", "probe_scale": 4.0,
        "probe_center": "half_pixel", "blank_region": "yes", "nphotons": 1e5, "before": "gs2_ideal"},
    "dose_legacy": {"images": 4, "groups": 2, "batch": 1, "gridsize": 2, "neighbor_count": 5, "probe": "ideal", "probe_scale": 4.0,
        "probe_center": "pixel", "blank_region": "no", "nphotons": 1e5, "before": "gs2_custom"},
    "gs1_phase": {"images": 64, "groups": 32, "batch": 1, "gridsize": 1, "neighbor_count": 4, "probe": "ideal", "probe_scale": 10.0,
        "probe_center": "pixel", "blank_region": "no", "nphotons": 1e5, "phase": 0.2, "before": "dose_legacy"},
    "two_by_two": {"images": 200, "groups": 100, "batch": 1, "gridsize": 1, "neighbor_count": 4, "probe": "ideal", "probe_scale": 10.0,
        "probe_center": "pixel", "blank_region": "no", "nphotons": 1e5, "before": "dose_legacy"},
    "dose_1e3": {"images": 200, "groups": 100, "batch": 1, "gridsize": 1, "neighbor_count": 4, "probe": "ideal", "probe_scale": 10.0,
        "probe_center": "pixel", "blank_region": "no", "nphotons": 1e3, "before": "dose_legacy"},
    "dose_1e4": {"images": 200, "groups": 100, "batch": 1, "gridsize": 1, "neighbor_count": 4, "probe": "ideal", "probe_scale": 10.0,
        "probe_center": "pixel", "blank_region": "no", "nphotons": 1e4, "before": "dose_1e3"},
    "dose_1e6": {"images": 200, "groups": 100, "batch": 1, "gridsize": 1, "neighbor_count": 4, "probe": "ideal", "probe_scale": 10.0,
        "probe_center": "pixel", "blank_region": "no", "nphotons": 1e6, "before": "dose_1e4"},
}
# fmt: on

PRESETS = {
    "as_it_stood": {},
    "repaired": {
        "gauge": "undone",
        "amplitude_head": "softplus",
        "intensity_scale": "from_dataset",
        "canvas": "required",
        "positivity": "1e-12",
    },
    # Choices under which object and reconstruction differ by a factor of about 12, as in the authors' older runs.
    "factor_of_twelve": {"epochs": "5", "merge_mask": "differently", "gauge": "undone", "canvas": "required"},
}
REPAIRED = "repaired"
BUDGET = {"epochs": "2000_steps"}
# With one frame in a group its neighbors do not matter, and two points are enough. NaN needs a head that saturates, and steps enough
# for that; what it depends on is tried there.
# fmt: off
TRIED_IN = {
    "neighbor_count": {"scenario": "gs2_ideal"},
    "points": {"scenario": "gs2_ideal"},
    "snapshot": {"scenario": "gs2_ideal"},
    "group_count": {"scenario": "gs2_ideal"},
    "positivity": {"choices": {"amplitude_head": "sigmoid", "epochs": "2000_steps", "probe_center": "half_pixel"}},
    "probe_center": {"choices": {"amplitude_head": "sigmoid", "epochs": "2000_steps", "positivity": "none"}},
    "gridsize": {"choices": {"amplitude_head": "sigmoid", "epochs": "2000_steps", "positivity": "none"}},
}
# fmt: on
