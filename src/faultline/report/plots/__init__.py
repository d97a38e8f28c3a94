"""Pictures of a group, from its record and its draws; nothing is measured here.

The drawing libraries are imported when something is drawn, so that what only needs the names stays quick.
"""

from __future__ import annotations

from faultline.experiments import EXPERIMENTS

MANIFEST = "artifacts_manifest.json"
# section of the page that a kind of group is about -> picture -> (module that draws it, what it is called, whether it needs draws)
_BY_SECTION: dict[str, dict[str, tuple[str, str, bool]]] = {
    "model": {"logp_terms.png": ("logp", "Log-probability at the initial point", False)},
    "gradient": {"gradient.png": ("gradient", "Gradient at the initial point", False)},
    "sampling": {
        "divergence_pairs.png": ("pairs", "Where the divergences are", True),
        "trace_selected.png": ("trace", "Traces of selected parameters", True),
        "rhat_ess.png": ("convergence", "Convergence of the free variables", False),
        "energy.png": ("energy", "Energy of each chain", True),
        "step_size_treedepth.png": ("steps", "Step size and tree depth", True),
    },
    "pipeline": {
        "history.png": ("history", "Terms that the stages logged", False),
    },
    "apart": {
        "held.png": ("held", "Effect of holding each part fixed", False),
        "suspects.png": ("suspects", "What the suspects look like", True),
    },
}


PICTURES = {known.kind: _BY_SECTION.get(known.section, {}) for known in EXPERIMENTS}
"""Kind of group -> its pictures."""
