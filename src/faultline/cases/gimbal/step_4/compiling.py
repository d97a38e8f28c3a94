"""What it costs to compile the gradient of one configuration, and where in the likelihood its graph is large.

    python -m faultline.cases.gimbal.step_4.compiling DATASET '{"use_mixture": true, "use_directional_hmm": false}'

prints one line of JSON. A process measures once: what it compiled before would be quicker the second time. It warms up on
another model first, so that starting the compiler counts for none.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# The time that the libraries take is measured, too.
_BEGAN = time.perf_counter()

import pymc as pm  # noqa: E402
from pytensor.graph.basic import Apply, Variable  # noqa: E402
from pytensor.graph.traversal import toposort, walk  # noqa: E402

from faultline.engine.density import logp_and_gradient  # noqa: E402
from faultline.engine.factors import Factors  # noqa: E402
from faultline.probes.graph_cost import graph_size  # noqa: E402
from faultline.targets.loading import load_case  # noqa: E402

PARTS = (
    "directions, brought to unit length",
    "skeleton: lengths and positions",
    "projection to pixels",
    "density: what reads the pixels",
    "density: its own normalizing terms",
)


def likelihood_nodes(model: pm.Model) -> list[dict[str, Any]]:
    """Nodes of the graph of ``y_obs`` by what they compute, in the order of the computation; each counts once.

    Told apart by what leads to the Deterministics on the way: ``U`` (directions), ``x_all`` (positions) and ``y_pred``
    (pixels). Behind the pixels is the density; what there reads no pixel only normalizes it, or mixes it with outliers.
    """
    whole, pixels = _nodes(model, "y_obs"), _nodes(model, "y_pred")
    directions, skeleton = _nodes(model, "U"), _nodes(model, "x_all")
    projection, density = (pixels & whole) - skeleton, whole - pixels
    reads = set(projection)
    for node in toposort([model["y_obs"]]):
        if node in density and any(i.owner in reads for i in node.inputs):
            reads.add(node)
    counts = (
        directions & whole,
        (skeleton & whole) - directions,
        projection,
        density & reads,
        density - reads,
    )
    return [{"part": part, "n_nodes": len(nodes)} for part, nodes in zip(PARTS, counts, strict=True)]


def _nodes(model: pm.Model, name: str) -> set[Apply]:
    """The nodes that lead from the model's random variables to a variable of it."""
    ends = set(model.basic_RVs)

    def inputs(variable: Variable) -> Iterable[Variable]:
        return variable.owner.inputs if variable.owner and variable not in ends else ()

    return {v.owner for v in walk([model[name]], inputs) if v.owner and v not in ends}


def measured(dataset: str, components: dict[str, bool]) -> dict[str, Any]:
    """Seconds of each stage up to the first gradient, CPU seconds of compiling, memory (MB) and nodes of the graphs."""
    seconds = {"import": time.perf_counter() - _BEGAN}
    started = time.perf_counter()
    with pm.Model() as other:
        x = pm.Normal("x", shape=3)
        pm.Potential("warm_up", -(pm.math.exp(x).sum() ** 2))
    logp_and_gradient(other)
    seconds["warm_up"] = time.perf_counter() - started
    before = _memory()
    started = time.perf_counter()
    case = load_case("gimbal")
    model = case.build(
        case.load_dataset(dataset, None, None), components, case.signature.choose_variants(None)
    )
    seconds["build"] = time.perf_counter() - started
    # Before it is differentiated: PyMC rewrites the graph in place then.
    terms, parts = graph_size(Factors(model))["by_factor"], likelihood_nodes(model)
    cpu = time.process_time()
    function = logp_and_gradient(model)
    return {
        "components": components,
        "n_values": function.layout.size,
        "backend": function.compiled.used,
        "seconds": {**seconds, **function.seconds},
        "compile_cpu_seconds": time.process_time() - cpu,
        "peak_mb": _memory(),
        "peak_before_mb": before,
        "terms": terms,
        "likelihood": parts,
    }


def _memory() -> float:
    """Largest memory of this process so far, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    print(json.dumps(measured(str(Path(sys.argv[1])), json.loads(sys.argv[2]))))
