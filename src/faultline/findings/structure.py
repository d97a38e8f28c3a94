"""The checks of a model's structure: values that nothing informs, and terms that no gradient goes through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from faultline.core.check import Check, at_most, equals
from faultline.core.sections.model import Model
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.engine.names import element_of
from faultline.findings.parts import GRAPH, names_in
from faultline.findings.words import Advice, quoted

# Share of draws from the prior at which a parameter may leave its domain: each is a start or a step that the sampler cannot
# take. Priors that only touch the limit of a domain leave one draw in a hundred there.
OUT_OF_DOMAIN = 0.05


def informed(record: Record) -> Check:
    """Free values that touch nothing but their own prior: a remark, for they cost a dimension and answer nothing.

    What PyMC fills in for a missing value is meant to.
    """
    model, imputed = record.model, names_in(record.probes.data.imputed)
    rows = model.prior_only
    about: dict[str, Any] = {"role": "remark", "cause_class": "b"}
    if rows is None:
        return equals(
            "values_informed", None, 0, note="which values only a prior informs was not measured", **about
        )
    counts: dict[str, int] = {}
    for row in rows:
        if row["name"] in imputed:
            continue
        if model.discrete and row.get("by") == "gradient":
            continue  # discrete variables stood still there: they may choose what the data inform
        counts[row["name"]] = counts.get(row["name"], 0) + (row.get("n") or 1)
    total, note = sum(counts.values()), "no free value is informed by its prior alone"
    if counts:
        listed = ", ".join(f"{name} ({n})" for name, n in counts.items())
        note = f"{total} free values are informed by their own prior alone: {listed}"
    return equals("values_informed", total, 0, note=note, names=tuple(counts), **about)


def proper(model: Model) -> list[Check]:
    """Values that neither data nor prior hold: the posterior does not exist."""
    rows = [row for row in model.prior_only or () if row.get("improper")]
    names = tuple(dict.fromkeys(row["name"] for row in rows))
    if not names:
        return []
    listed = ", ".join(map(element_of, rows))
    note = f"nothing in the model reads {listed}, and the prior is flat: the posterior is improper"
    return [equals("posterior_proper", len(names), 0, note=note, cause_class="b", names=names)]


_SAID_OTHERWISE = {"0 <= p <= 1, n > 0": " (n is alpha, and p is alpha / (mu + alpha))"}
"""Conditions of PyMC's own parameters, for a model that gives a distribution others."""


def domains(record: Record) -> list[Check]:
    """Parameters that their prior lets leave their domain."""
    broken = [row for row in record.probes.domains if row["violated"] > OUT_OF_DOMAIN]
    worst: dict[str, Row] = {}
    for row in broken:
        # What several variables make together is out of its domain by the arithmetic that lets it, such as a link left out.
        names = row["variables"] if len(row["variables"]) == 1 else [row["factor"]]
        if row["violated"] > worst.get(names[0], {"violated": 0.0})["violated"]:
            worst[names[0]] = {**row, "names": tuple(names)}
    return [
        at_most(
            "parameters_in_domain",
            row["violated"],
            OUT_OF_DOMAIN,
            note=f"{row['factor']} requires {row['requires']}{_SAID_OTHERWISE.get(row['requires'], '')}, but {100 * row['violated']:.0f} % of the prior draws of "
            f"{' and '.join(row['variables'])} violate it",
            cause_class="b",
            names=row["names"],
        )
        for row in worst.values()
    ]


_DEPTH = "nested too deeply: differentiating and rewriting the graph exceeds Python's recursion limit"


def graph_cost(model: Model) -> list[Check]:
    """A graph that costs minutes at every start: a Python loop written out step by step, or term by term."""
    graph = model.graph
    alone, together = graph.costliest, graph.cpu_seconds
    if alone is None:
        return []  # so small that it was not timed
    before = "to differentiate and rewrite, before anything is compiled"
    about: dict[str, Any] = {"cause_class": "d"}
    if alone["cpu_seconds"] > limit.GRAPH_TERM_SECONDS:
        note = f"{alone['name']} alone takes more than {limit.GRAPH_TERM_SECONDS:g} CPU seconds {before}: an unrolled loop"
        if alone.get("too_deep"):
            note = f"{alone['name']} is {_DEPTH} (an unrolled loop)"
        about["names"] = (alone["name"],)
        return [at_most("graph_cost", alone["cpu_seconds"], limit.GRAPH_TERM_SECONDS, note=note, **about)]
    n, nodes = len(graph.by_factor), graph.n_nodes
    takes = (
        f"{together:.1f}"
        if together is not None and together <= limit.GRAPH_SECONDS
        else f"more than {limit.GRAPH_SECONDS:g}"
    )
    takes = f"take {takes} CPU seconds {before}" if not graph.too_deep else f"are {_DEPTH}"
    note = f"the log-probability has {n} terms and {nodes} operations, which {takes}"
    return [at_most("graph_cost", together, limit.GRAPH_SECONDS, note=note, names=(GRAPH,), **about)]


def densities(record: Record) -> list[Check]:
    """Potentials that are a density of a function of a variable, without its Jacobian."""
    wrong = [row for row in record.probes.densities.potentials if _lacks_jacobian(row)]
    if not wrong:
        return []
    listed = ", ".join(f"{row['name']} is a density of {row['function']}" for row in wrong)
    note = (
        f"{listed}, but the sampler moves {wrong[0]['variable']}: the log-Jacobian is missing (the integral over the function is "
        "finite, and the integral over the variable is not the same)"
    )
    names = tuple(row["name"] for row in wrong)
    return [equals("change_of_variables", len(wrong), 0, note=note, cause_class="c", names=names)]


def cut(record: Record) -> list[Check]:
    """Variables that a transform cuts off, the probability of what is left being none of a constant."""
    wrong = [row for row in record.probes.cut if row["change"] > limit.INTEGRAL_CHANGES]
    if not wrong:
        return []
    listed = ", ".join(
        f"{row['name']}, a {row['distribution']} with transform {row['transform']}" for row in wrong
    )
    note = (
        f"a transform keeps only part of the support of {listed}: the probability of that part changes with the parameters (by a factor of "
        f"{math.exp(max(row['change'] for row in wrong)):.3g} near the start), but the density does not account for it"
    )
    names = tuple(row["name"] for row in wrong)
    about = {"note": note, "cause_class": "c", "names": names}
    return [at_most("support_kept", max(row["change"] for row in wrong), limit.INTEGRAL_CHANGES, **about)]


def _lacks_jacobian(row: Row) -> bool:
    if row["jacobian_elsewhere"] or row["argument"] == "parameter" or row["normalised_over_variable"]:
        return False
    # A density that is even about a number is also that of a pseudo-observation, which a proper prior may go with; without
    # a distribution's own checks of its parameters it may be any soft constraint.
    flat = row["own_prior"] == "flat"
    return row["normalised_over_function"] and (flat or (row["argument"] == "value" and not row["symmetric"]))


def continuous(model: Model) -> list[Check]:
    """Discrete variables: NUTS follows no gradient by them, so most groups can only look past them."""
    names = model.discrete
    if not names:
        return []
    note = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} discrete, and NUTS moves continuous variables only"
    return [equals("values_continuous", len(names), 0, note=note, role="remark", names=names)]


def felt(model: Model) -> list[Check]:
    """Values that other terms read but do not feel: a saturated start, or a step without slope."""
    rows = model.flat
    if rows is None:
        return []
    count, note = (
        sum(row["n"] for row in rows),
        "every value that other terms read has a nonzero gradient somewhere near the start",
    )
    if rows:
        listed = ", ".join(f"{row['name']} ({row['n']})" for row in rows)
        note = f"the gradient of every other term with respect to {count} free values is exactly 0, at the start and near it: {listed}"
    names = tuple(row["name"] for row in rows)
    return [equals("values_felt", count, 0, note=note, role="remark", names=names)]


def connected(model: Model) -> list[Check]:
    """Terms whose gradient is missing are a fault; a custom Op that has one is a prime suspect, no more."""
    found = []
    if model.custom_ops is not None:
        blind = [op for op in model.custom_ops if op.get("has_gradient") is False]
        meant = blind or model.custom_ops
        note = "no custom Op in the graph"
        if meant:
            what = "without a gradient" if blind else "(prime suspects where a gradient is wrong)"
            note = f"custom Ops {what}: {', '.join(op['op'] for op in meant)}"
        names = tuple(dict.fromkeys(name for op in meant for name in op.get("factors") or []))
        role = "fault" if blind else "remark"
        found.append(equals("custom_ops", len(meant), 0, note=note, role=role, cause_class="c", names=names))
    if cut := model.disconnected:
        names = tuple(dict.fromkeys(row["factor"] for row in cut))
        listed = ", ".join(f"{row['factor']} with respect to {row['name']} ({row['reason']})" for row in cut)
        note = (
            f"terms whose value depends on a variable but that have no gradient with respect to it: {listed}"
        )
        found.append(equals("gradient_connected", len(cut), 0, note=note, cause_class="c", names=names))
    return found


# --- What to do --------------------------------------------------------------------------------------------------


def _keep_in_domain(names: Sequence[str], record: Record) -> str:
    """For a variable that is out of a domain by itself another prior; for a term that many of them decide, other arithmetic will do as well."""
    free = {row["name"] for row in record.model.free_rvs}
    given = {
        row["factor"]
        for row in record.probes.domains
        if row["violated"] > OUT_OF_DOMAIN and len(row["variables"]) > 1
    }
    such = "(HalfNormal or Exponential for a scale, Beta for a probability, LKJCholeskyCov for a covariance)"
    if set(names) <= free - given:
        return f"Give {quoted(names)} a prior that stays inside the domain {such}."
    return (
        f"Keep the parameters of {quoted(names)} inside their domain: use arithmetic that cannot leave it (exp, an inverse logit, or in a "
        f"recursion a step that takes no more than is left), or priors that stay inside theirs {such}."
    )


def _vectorise(names: Sequence[str], record: Record) -> str:
    """A graph is large by its number of terms, where none of them is large by itself; else by a loop in the term that is named."""
    model, rows = record.model, record.model.graph.by_factor
    written = names_in([*model.observed, *model.potentials])
    terms = [row for row in rows if row["name"] in written]
    named = [name for name in names if name in {row["name"] for row in rows}]
    if terms and not named:
        return (
            f"Merge the {len(terms):,} observed variables and potentials of this model into a few: write those of one kind as one variable "
            "with an array of data, predicted by one vectorized expression."
        )
    return f"Write the loop in {quoted(named) or 'the model'} as one vectorized operation, or as a scan."


ADVICE: Advice = {
    "posterior_proper": "Remove {names}, or use it: neither prior nor data constrains its value.",
    "parameters_in_domain": _keep_in_domain,
    "graph_cost": _vectorise,
    "change_of_variables": "Add the log-Jacobian (the logarithm of the absolute derivative) to {names}. Or use the function of the "
    "variable as the variable, with that prior, and apply the inverse where the model needs it.",
    "support_kept": "Truncate {names} instead of transforming it (pm.TruncatedNormal, pm.Truncated): truncation accounts for the probability of "
    "what is kept (as T[,] does in Stan, and <lower=...> alone does not).",
    "custom_ops": "Give the custom Ops in {names} a gradient.",
    "gradient_connected": "Restore the gradient through {names}: look for comparisons, casts, rounding and Ops without a gradient.",
}
