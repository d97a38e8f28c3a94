"""An experiment on a target that is no model: run the stages of a pipeline and keep what each returns."""

from __future__ import annotations

import sys

from faultline.core.record import read_json
from faultline.targets.loading import load_case


def prepare(recorder, opened):
    """The stages that the configuration asks for."""
    with recorder.stage("load"), opened.watching():
        case = load_case(recorder.spec["case"])
        return case.configured(None, recorder.spec["components"], recorder.spec["variants"])


def measure(recorder, stages):
    """Every stage in order."""
    spec, values, rows = recorder.spec, {}, []
    if left := spec["reads"].get("before"):
        recorder.keep(probes={"before": read_json(left["measured.json"])["probes"]["stages"]})
    recorder.keep(probes={"seeds": spec.get("seeds", [spec["seed"]])})
    for name, function in stages.items():
        with recorder.stage(name):
            values[name] = function(values)
        rows.append({"name": name, "value": values[name]})
        recorder.keep(probes={"stages": rows, "imported": sorted({"pymc", "jax"} & set(sys.modules))})
