"""The checks of the gradient: finite at the start and close by, and right factor by factor."""

from __future__ import annotations

from faultline.core.check import Check, at_most, equals, finite
from faultline.core.sections.model import Gradient
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings import build, structure
from faultline.findings import thresholds as limit
from faultline.findings.words import Advice


def checks(record: Record) -> list[Check]:
    """Group 2: a finite gradient, also close by, that agrees with finite differences factor by factor."""
    if build.large(record.model):
        return structure.graph_cost(record.model)
    gradient = record.gradient
    return [
        *build.in_domain(record),
        *at_start(record),
        _differences(gradient),
        *_slopes(gradient),
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
        note = f"{bad} elements of the gradient are not finite at PyMC's initial point, and close by all of them are"
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
    note = f"at {bad} of {len(points)} slightly perturbed points log-probability or gradient is not finite"
    return equals("finite_nearby", bad, 0, note=note, cause_class=cause)


def _differences(gradient: Gradient) -> Check:
    errors = {f["name"]: f.get("max_relative_error") for f in gradient.finite_differences.factors}
    known = {name: error for name, error in errors.items() if finite(error)}
    worst = max(known, key=known.get, default=None)
    wrong = tuple(name for name, error in known.items() if error > limit.FD_RELATIVE_ERROR)
    partly = len(known) < len(errors)
    if worst is None:
        note = "the gradient was not compared with finite differences"
    elif wrong:
        note = f"the gradient disagrees with finite differences in {', '.join(wrong)} (relative error {known[worst]:.2g} in {worst})"
    else:
        far = f"worst {worst}, {known[worst]:.2g}" if known[worst] else "to rounding"
        note = f"the gradient agrees with finite differences in {len(known)} terms ({far})"
    if partly and known:
        note += "; not known for " + ", ".join(name for name in errors if name not in known)
    value = known[worst] if worst else None
    return at_most(
        "finite_difference_error",
        value,
        limit.FD_RELATIVE_ERROR,
        partly_unknown=partly,
        note=note,
        cause_class="c",
        names=wrong,
    )


def _slopes(gradient: Gradient) -> list[Check]:
    """A term that follows a variable without any slope: rounding, a step, an integer in the mean."""
    rows = gradient.finite_differences.zero_gradient
    if rows is None:
        return []
    note = "no term follows a variable without a slope"
    if rows:
        listed = ", ".join(f"{row['factor']} by {row['variable']}" for row in rows)
        note = f"terms that change when a variable moves a little, while their gradient by it is exactly 0: {listed}"
    names = tuple(dict.fromkeys(row["factor"] for row in rows))
    return [equals("slope_not_zero", len(rows), 0, note=note, cause_class="c", names=names)]


def _second(record: Record) -> list[Check]:
    """A gradient that depends on who differentiates: the two agree only where the factor is written so that it has one."""
    found = record.probes.second_backend.factors
    rows = [row for row in found if _only_first_finite(row) or _apart(row)]
    if not rows:
        return []
    listed = ", ".join(f"{row['name']} by {row['variable']}" for row in rows)
    note = f"PyTensor's gradient and JAX's own of the same value disagree, or only one of them is finite: {listed}"
    names = tuple(row["name"] for row in rows)
    return [equals("backends_agree", len(rows), 0, note=note, cause_class="c", names=names)]


def _only_first_finite(row: Row) -> bool:
    """Whether the user's formula has no gradient in JAX: PyMC's own log-densities have untaken branches too."""
    return row["n_nonfinite_second"] > row["n_nonfinite_first"] and row.get("n_nonfinite_parameters") != 0


def _apart(row: Row) -> bool:
    difference = row["max_relative_difference_gradient"]
    return finite(difference) and difference > limit.FD_RELATIVE_ERROR


def _uneven(gradient: Gradient) -> list[Check]:
    shares = [row for row in gradient.share_by_variable if finite(row.get("share"))]
    if len(shares) < 2:
        return []
    top = max(shares, key=lambda row: row["share"])
    note = f"{top['name']} holds {100 * top['share']:.3g} % of the squared gradient norm at the start"
    return [
        at_most(
            "gradient_share",
            top["share"],
            limit.GRADIENT_SHARE,
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
    "finite_difference_error": "Mend the gradient of {names}: compare it with finite differences element by element, and suspect "
    "custom Ops, rounding and clipping.",
    "slope_not_zero": "Replace the rounding, step or integer in {names} by something smooth.",
    "backends_agree": "Rewrite {names} so that no branch that is not taken has an infinite slope: put the condition inside the function "
    "(sqrt(where(x > 0, x, 1))), not around it.",
}
