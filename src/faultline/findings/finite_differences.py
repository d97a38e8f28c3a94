"""The gradient against finite differences, factor by factor: one that is wrong, and one that is 0 where the value moves."""

from __future__ import annotations

from faultline.core.check import Check, at_most, equals, finite
from faultline.core.sections.model import Gradient
from faultline.findings.words import Advice

# Relative error of the gradient against central finite differences. Rounding leaves at most about 1e-4 in double
# precision; the smallest wrong gradient worth finding (a factor 1.3) leaves 0.3.
FD_RELATIVE_ERROR = 1e-2


def checks(gradient: Gradient) -> list[Check]:
    """What the gradient of every factor was compared with."""
    return [_differences(gradient), *_slopes(gradient)]


def _differences(gradient: Gradient) -> Check:
    errors = {f["name"]: f.get("max_relative_error") for f in gradient.finite_differences.factors}
    known = {name: error for name, error in errors.items() if finite(error)}
    worst = max(known, key=known.get, default=None)
    wrong = tuple(name for name, error in known.items() if error > FD_RELATIVE_ERROR)
    partly = len(known) < len(errors)
    if worst is None:
        note = "the gradient was not compared with finite differences"
    elif wrong:
        note = f"the gradient disagrees with finite differences in {', '.join(wrong)} (relative error {known[worst]:.2g} in {worst}{_where(gradient, worst)})"
    else:
        far = f"worst {worst}, {known[worst]:.2g}" if known[worst] else "to rounding"
        note = f"the gradient agrees with finite differences in {len(known)} terms ({far})"
    if partly and known:
        note += "; not known for " + ", ".join(name for name in errors if name not in known)
    value = known[worst] if worst else None
    return at_most(
        "finite_difference_error",
        value,
        FD_RELATIVE_ERROR,
        partly_unknown=partly,
        note=note,
        cause_class="c",
        names=wrong,
    )


def _where(gradient: Gradient, name: str) -> str:
    """Said of what shows only where the user's draws are, and not where everybody looks."""
    row = next(row for row in gradient.finite_differences.factors if row["name"] == name)
    return ", at a draw that you gave" if (row.get("worst") or {}).get("at_draw") else ""


def _slopes(gradient: Gradient) -> list[Check]:
    """A term that follows a variable without any slope: rounding, a step, an integer in the mean."""
    rows = gradient.finite_differences.zero_gradient
    if rows is None:
        return []
    note = "no term changes with a variable while its gradient with respect to it is exactly 0"
    if rows:
        listed = ", ".join(f"{row['factor']} with respect to {row['variable']}" for row in rows)
        note = f"terms that change when a variable moves a little, although their gradient with respect to it is exactly 0: {listed}"
    names = tuple(dict.fromkeys(row["factor"] for row in rows))
    return [equals("slope_not_zero", len(rows), 0, note=note, cause_class="c", names=names)]


# --- What to do --------------------------------------------------------------------------------------------------


ADVICE: Advice = {
    "finite_difference_error": "Correct the gradient of {names}: compare it with finite differences element by element, and suspect "
    "custom Ops, rounding and clipping.",
    "slope_not_zero": "Replace the rounding, step or integer in {names} with something smooth.",
}
