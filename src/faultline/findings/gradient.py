"""The checks of the gradient: finite at the start and nearby, not dominated by one variable, and equal in two backends."""

from __future__ import annotations

from faultline.core.check import Check, at_most, equals, finite
from faultline.core.sections.model import Gradient
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings import build, finite_differences, structure
from faultline.findings.words import Advice

# Largest share of the squared gradient norm that one variable may hold without a remark: beyond it the first step of
# the sampler sees that variable alone. A remark, not a failure: a steep start is not yet a wrong model.
GRADIENT_SHARE = 0.99


def checks(record: Record) -> list[Check]:
    """Group 2: a finite gradient, also close by, that agrees with finite differences factor by factor."""
    if build.large(record.model):
        return structure.graph_cost(record.model)
    gradient = record.gradient
    return [
        *build.in_domain(record),
        *at_start(record),
        *_at_draws(gradient),
        *finite_differences.checks(gradient),
        *_uneven(gradient),
        *_second(record),
        *structure.connected(record.model),
    ]


def at_start(record: Record) -> list[Check]:
    """Whether the gradient is finite at the start and close by: every group that samples looks, too."""
    gradient, cause = record.gradient, "b" if _data_broken(record) else "c"
    if build.in_domain(record):
        return []  # the gradient at a start that is out of bounds says nothing more
    return [_finite_gradient(gradient, cause), _perturbed(gradient, cause)]


def _data_broken(record: Record) -> bool:
    """Whether the data hold values that are neither numbers nor declared missing."""
    return bool(record.data.get("n_nonfinite") or build.broken_data(record.logp))


def _finite_gradient(gradient: Gradient, cause: str) -> Check:
    counts = [gradient.n_nan, gradient.n_inf]
    bad = None if None in counts else sum(counts)
    factors = gradient.finite_differences.factors
    blamed = [f["name"] for f in factors if not finite(f.get("max_relative_error"))]
    variables = [row["name"] for row in gradient.share_by_variable if row.get("n_nonfinite")]
    names = tuple(dict.fromkeys(blamed or variables)) if bad else ()
    note = "the gradient at the start was not evaluated"
    nearby = gradient.perturbations
    if bad and nearby and all(point.get("finite") for point in nearby):
        note = f"{bad} elements of the gradient are not finite at PyMC's initial point, but all of them are finite close by"
        return equals("finite_gradient", bad, 0, note=note, role="remark", names=tuple(variables))
    if bad is not None:
        note = f"{bad} of {gradient.n} elements of the gradient are NaN or infinite at the start"
    if names:
        note += f" ({', '.join(names[:5])})"
        note += ": often a mask applied after the fact, or a custom Op" if cause == "c" else ""
    return equals("finite_gradient", bad, 0, note=note, cause_class=cause, names=names)


def _perturbed(gradient: Gradient, cause: str) -> Check:
    points = gradient.perturbations
    known = points and all(point.get("finite") is not None for point in points)
    bad = sum(point.get("finite") is False for point in points)
    if not known and not bad:
        return equals("finite_nearby", None, 0, note="nearby points were not evaluated", cause_class=cause)
    note = f"the log-probability or its gradient is not finite at {bad} of {len(points)} slightly perturbed points"
    return equals("finite_nearby", bad, 0, note=note, cause_class=cause)


def _at_draws(gradient: Gradient) -> list[Check]:
    """The same where the draws are that the user gave; those that do not fit the model decide nothing."""
    found = gradient.at_draws
    if not found:
        return []
    if found.reason:
        note = f"your draws do not serve as points at which to check the gradient: {found.reason}"
        return [equals("draws_fit", False, True, note=note, role="remark")]
    inside = (found.n or 0) - (found.n_outside or 0)
    note = f"the log-probability and its gradient are finite at {inside} of the draws that you gave"
    if bad := found.n_not_finite:
        note = f"the log-probability or its gradient is not finite at {bad} of {inside} draws that you gave"
        note += f" ({', '.join(map(_what, found.factors))})" if found.factors else ""
    names = tuple(row["name"] for row in found.factors)
    return [equals("finite_at_draws", found.n_not_finite, 0, note=note, cause_class="c", names=names)]


def _what(row: Row) -> str:
    """Of a term that is not finite: its value, or only its gradient."""
    return f"the value of {row['name']}" if row["value"] else f"the gradient of {row['name']}"


def _second(record: Record) -> list[Check]:
    """A gradient that depends on who differentiates: the two agree only where the factor is written so that it has one."""
    found = record.probes.second_backend.factors
    rows = [row for row in found if _only_first_finite(row) or _apart(row)]
    if not rows:
        return []
    listed = ", ".join(f"{row['name']} with respect to {row['variable']}" for row in rows)
    note = (
        f"PyTensor's and JAX's gradients of the same value disagree, or only one of them is finite: {listed}"
    )
    names = tuple(row["name"] for row in rows)
    return [equals("backends_agree", len(rows), 0, note=note, cause_class="c", names=names)]


def _only_first_finite(row: Row) -> bool:
    """Whether the user's formula has no gradient in JAX: PyMC's own log-densities have untaken branches too."""
    return row["n_nonfinite_second"] > row["n_nonfinite_first"] and row.get("n_nonfinite_parameters") != 0


def _apart(row: Row) -> bool:
    difference = row["max_relative_difference_gradient"]
    return finite(difference) and difference > finite_differences.FD_RELATIVE_ERROR


def _uneven(gradient: Gradient) -> list[Check]:
    shares = [row for row in gradient.share_by_variable if finite(row.get("share"))]
    if len(shares) < 2:
        return []
    top = max(shares, key=lambda row: row["share"])
    note = f"{top['name']} accounts for {100 * top['share']:.3g} % of the squared gradient norm at the start"
    return [
        at_most(
            "gradient_share",
            top["share"],
            GRADIENT_SHARE,
            note=note,
            role="remark",
            cause_class="a",
            names=(top["name"],),
        )
    ]


# --- What to do --------------------------------------------------------------------------------------------------


ADVICE: Advice = {
    "finite_gradient": "Look in {names} for a mask that hides a NaN from the value but not from the gradient (replace the data "
    "before the arithmetic, not its result afterwards) and for custom Ops.",
    "finite_nearby": "Start away from the edge of the domain, or soften the edge.",
    "finite_at_draws": "Evaluate {names} at your draws, and rewrite the step that overflows, divides by 0 or takes the root or the logarithm of 0 "
    "there. Where only its gradient is not finite, look for a mask that is applied after the arithmetic instead of before it.",
    "backends_agree": "Rewrite {names} so that the branch not taken never has an infinite gradient: put the condition inside the function "
    "(sqrt(where(x > 0, x, 1))), not around it.",
}
