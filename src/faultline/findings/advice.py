"""What to do about a check that failed, by what it names and how the model is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from faultline.core.check import Check, finite
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings import thresholds as limit
from faultline.findings.ablation_effects import held_gains
from faultline.findings.parts import names_in

_MENDING = {
    "finite_terms": "Evaluate {names} element by element at the initial point, and mend the data, the prior or the initial "
    "value that leaves the support.",
    "indices_in_bounds": "Let the index in {names} count from 0 (pandas.factorize does), or give what it indexes an element for every "
    "value that it has.",
    "term_evaluates": "Print the shapes of the data and of each parameter of {names}, and transpose or index what does not line up; where they do, read "
    "the traceback in this record's error.",
    "start_in_domain": "Give {names} an initval inside the domain: increasing values for an ordered transform (such as "
    "numpy.linspace(-1, 1, n)), a point strictly between the bounds for a bounded one.",
    "positive_definite": "Add a small constant to the diagonal of the covariance matrix of {names} (a nugget: 1e-6 of its largest element, "
    "as pm.gp.util.stabilize does), and look for inputs that are equal.",
    "finite_total": "Find the term that makes the total not finite.",
    "terms_counted_once": "Count the evidence once: remove one of {names}, or the part of one that the other already holds.",
    "finite_gradient": "Look in {names} for a mask that hides a NaN from the value but not from the gradient (replace the data "
    "before the arithmetic, not its result afterwards) and for custom Ops.",
    "finite_nearby": "Start away from the edge of the domain, or soften the edge.",
    "finite_difference_error": "Mend the gradient of {names}: compare it with finite differences element by element, and suspect "
    "custom Ops, rounding and clipping.",
    "slope_not_zero": "Replace the rounding, step or integer in {names} by something smooth.",
    "change_of_variables": "Add the logarithm of the absolute derivative to {names}, or make the function of the variable a "
    "variable with that prior and take its inverse where the model needs it.",
    "support_kept": "Truncate {names} in place of the transform (pm.TruncatedNormal, pm.Truncated): that counts the probability of what is left (as T[,] does "
    "in Stan, and <lower=...> alone does not).",
    "one_term_per_datum": "Give mean and data of {names} the same shape.",
    "data_present": "Look where the data of {names} are made: a path, a filter or a key that finds nothing.",
    "counts_whole": "Give {names} the counts themselves (sums in place of means or shares, with their exposure or number of trials), or "
    "choose a distribution of real numbers.",
    "data_uncoded": "Leave the missing values out of {names}, or give them as NaN and model them on purpose.",
    "predictors_uncoded": "Look at that value in what predicts {names}: if it stands for a missing one, leave those rows out, or give the missing values "
    "a distribution of their own.",
    "data_counted_once": "Leave total_size out of {names}: with all data at hand every datum counts once, and more makes the posterior too narrow.",
    "integers_fit": "Cast the data of {names} to float64 before any arithmetic.",
    "data_in_support": "Mend or leave out these data of {names}, or choose a distribution that can make them.",
    "backends_agree": "Rewrite {names} so that no branch that is not taken has an infinite slope: put the condition inside the function "
    "(sqrt(where(x > 0, x, 1))), not around it.",
    "posterior_proper": "Remove {names}, or use it: nothing decides its value.",
    "prior_agrees": "Compare the units of the data with the prior of {names}, and mend whichever is wrong.",
    "density_normalised": "Add to {names} what depends on the parameters and was left out (such as -log(scale), or the logarithm of a derivative, once for every datum).",
    "posterior_exists": "Look for a lost sign in {names}, for data without any spread, and for a prior that is missing.",
    "posterior_integrates": "Give {names} a proper prior on the scale of what is plausible (Normal in place of Flat; for a scale one on "
    "the scale itself, such as HalfNormal), or leave out what the data cannot tell.",
    "likelihood_peaks": "Give {names} a prior on the scale of plausible effects (Normal(0, 2.5) for a coefficient of a standardized predictor, in place of Cauchy "
    "or a wide one), and look for a predictor that separates the classes, or a group without any event.",
    "start_exists": "Give the variables that {names} reads an initval inside its support, or mend its arithmetic where it underflows.",
    "modes": "Let {names} have one place to be: order what can be exchanged (an ordered transform), fix a sign, or give the places "
    "different priors.",
    "discrete_steps": "Sum {names} out of the model, so that NUTS moves all that is left along its gradient: pm.Mixture for a variable with "
    "few values (pymc-extras marginalises such ones by itself), the logsumexp of the terms up to a bound out of reach for a count.",
    "cliffs": "Write {names} so that it has a finite value and slope wherever the sampler gets: a transform in place of a hard limit, a "
    "stable form (logaddexp, log1p, softplus) in place of one that overflows.",
    "holding": "Look at the draws of {names}: the rest samples better with {names} held, and nothing that was measured says why.",
    "custom_ops": "Give the custom Ops in {names} a gradient.",
    "gradient_connected": "Let the gradient through {names}: look for comparisons, casts, rounding and Ops without a gradient.",
}


def has_remedy(name: str) -> bool:
    return name in _MENDING or name in _OWN


def mend(guilty: Sequence[Check], record: Record) -> list[str]:
    """What to do about the checks that failed: a sentence each, or one for several variables alike."""
    told: list[Check] = []
    known = {check.name for check in guilty}
    outside = {name for check in guilty if check.name == "parameters_in_domain" for name in check.names}
    for check in guilty:
        if check.name == "finite_total" and "finite_terms" in known:
            continue  # the term is found
        if check.name == "start_exists" and check.names and set(check.names) <= outside:
            continue  # why there is none is found
        # The same of fewer names says nothing more.
        if not any(check.name == other.name and set(check.names) <= set(other.names) for other in told):
            told.append(check)
    steps: dict[tuple[str, ...], str] = {}
    for check in told:
        own = _OWN[check.name](check.names, record) if check.name in _OWN else ""
        if own:
            steps[check.name, *check.names] = own
        elif len(check.names) == 1:  # what is said of each alone is said of all of them at once
            alike = [
                name
                for other in told
                if other.name == check.name and len(other.names) == 1
                for name in other.names
            ]
            steps[check.name,] = _mend(check.name, alike)
        else:
            steps[check.name, *check.names] = _mend(check.name, check.names)
    return list(steps.values())


def _mend(name: str, names: Sequence[str]) -> str:
    return _MENDING[name].format(names=quoted(names) or "the model")


_WITHOUT_CHANCE = {
    "minibatch": "Give {names} all of its data in place of pm.Minibatch, and no total_size: minibatches are made for variational inference "
    "(pm.fit), and NUTS follows one density.",
    "simulator": "Sample the model of {names} with pm.sample_smc, which needs no likelihood, or write the likelihood down: NUTS has no use for a "
    "simulator.",
    "variable": "Give what {names} reads a name in this model, so that it is sampled: pm.Normal('mu', ...) in place of pm.Normal.dist(...), and "
    "every variable inside the same pm.Model.",
}


def _make_deterministic(names: Sequence[str], record: Record) -> str:
    rows = record.probes.random
    kinds = {row["kind"]: [other["factor"] for other in rows if other["kind"] == row["kind"]] for row in rows}
    return " ".join(_WITHOUT_CHANCE[kind].format(names=quoted(factors)) for kind, factors in kinds.items())


def _keep_in_domain(names: Sequence[str], record: Record) -> str:
    """For a variable that is out of a domain by itself another prior; for a term that many of them decide, other arithmetic will do as well."""
    free = {row["name"] for row in record.model.free_rvs}
    given = {
        row["factor"]
        for row in record.probes.domains
        if row["violated"] > limit.OUT_OF_DOMAIN and len(row["variables"]) > 1
    }
    such = "(HalfNormal or Exponential for a scale, Beta for a probability, LKJCholeskyCov for a covariance)"
    if set(names) <= free - given:
        return f"Give {quoted(names)} a prior that keeps to the domain {such}."
    return (
        f"Let what {quoted(names)} is given stay in its domain: by arithmetic that cannot leave it (exp, an inverse logit, in a recursion "
        f"a step that takes no more than is left), or by priors that keep to theirs {such}."
    )


def _keep_off_cliff(names: Sequence[str], record: Record) -> str:
    """A likelihood that ends where a parameter reaches the data needs another prior; anything else another form."""
    row = next((row for row in record.apart.cliffs.factors if row["name"] in names), {})
    if row.get("to") == "-inf" and set(names) <= names_in(record.model.observed):
        bounding = quoted(row["variables"])
        return (
            f"{quoted(names)} is impossible beyond some value of {bounding}: where {bounding} bounds the data, let it begin where they end (its "
            "prior truncated there, or the largest datum plus a positive variable), so that the sampler moves in units that know the bound; where it bounds nothing, arithmetic ends there, so write it in a stable form "
            "(log1p, logaddexp, a log-probability in place of its exponential)."
        )
    return _mend("cliffs", names)


def _unbend(names: Sequence[str], record: Record) -> str:
    """How to write a variable whose scale another one sets, by how it is written now."""
    by, bent = names
    rows = {row["name"]: row for row in record.model.free_rvs}
    if by in rows.get(bent, {}).get("parents", ()):
        return (
            f"Write `{bent}` in units of `{by}` (non-centered): `{bent}` is centered now, its prior reads `{by}`; give a new variable the "
            f"prior with scale 1, and make `{bent}` the Deterministic that multiplies it by the scale that `{by}` gives and adds the mean."
        )
    if observed := _noise(by, bent, record):
        return (
            f"`{by}` is the noise of `{observed}` about `{bent}`, which has a value for every datum: where these follow the data, nothing but "
            f"its prior keeps `{by}` from 0. Fix `{by}` where it is known, give it a prior that keeps away from 0 (InverseGamma or "
            f"LogNormal in place of HalfNormal), or repeat measurements, so that several data share a value of `{bent}`."
        )
    if level := _level(by, bent, rows.values()):
        return (
            f"`{by}` and `{bent}` are the scale and the place of `{level['name']}`, whose {level['size']} values say little about a scale: give `{by}` a "
            "prior on the scale of plausible differences (HalfNormal or Exponential in place of HalfCauchy or a wide Uniform), or leave this level out."
        )
    reads, potentials = record.apart.curvature.reads, record.model.potentials
    if potential := next((name for name in potentials if {by, bent} <= set(reads.get(name, ()))), None):
        return (
            f"`{potential}` makes `{by}` the scale of `{bent}`: write `{bent}` in units of `{by}` (non-centered), as the Deterministic that multiplies a "
            f"new variable with scale 1 by what `{by}` gives, and let `{potential}` no longer count what the prior of the new variable counts."
        )
    if _multiplied(by, bent, record):
        return _center(by, bent)
    return f"Find out how `{by}` comes to set the scale of `{bent}`, and make what the two say together the variable."


def _center_product(names: Sequence[str], record: Record) -> str:
    """What to do where either of two helps when held, and one parameter of a likelihood reads both; else empty."""
    gains = held_gains(record.apart)
    alone = sorted(gains.get((name,), 0.0) for name in names)
    if len(names) != 2 or alone[0] < limit.GAIN_HELPS:
        return ""
    sizes = {row["name"]: row.get("size") or 1 for row in record.model.free_rvs}
    by, bent = sorted(names, key=lambda name: sizes.get(name, 1))
    return _center(by, bent) if _multiplied(by, bent, record) else ""


def _center(by: str, bent: str) -> str:
    return (
        f"The data know what `{by}` and `{bent}` say together. If `{bent}` is multiplied by `{by}` (non-centered), they know the product "
        f"better than either: write it centered, as a variable whose prior has the scale `{by}`."
    )


def _multiplied(by: str, bent: str, record: Record) -> bool:
    """Whether one parameter of a likelihood reads both, so that a product of the two may stand in it."""
    rows = record.model.observed_parameters
    return any({by, bent} <= set(names) for row in rows for names in row["parameters"])


def _along_ridge(names: Sequence[str], record: Record) -> str:
    """What to do about a ridge; empty where none says why holding the variables helps."""
    null = record.apart.curvature.null
    ridges = [{part["name"] for part in row["share"]} for row in null if row["ratio"] < limit.RIDGE]
    if not any(set(names) <= ridge for ridge in ridges):
        return _center_product(names, record)
    if len(names) > 1:
        return (
            f"Write {quoted(names)} another way, for the data know only a combination of them: leave all but one out (fix them at 0), make the combination "
            "the variable, or tie them by a constraint (a ZeroSumNormal for effects beside a mean)."
        )
    return (
        f"Write the elements of {quoted(names)} another way, for the data know only some combinations of them: a constraint in place of the free "
        "direction, or the combinations that the data know as variables (a QR decomposition of predictors that go together, sums or increments "
        "along a series)."
    )


FEW = 5
"""Values of a level up to which they say little about its scale."""


def _level(by: str, bent: str, rows: Iterable[Row]) -> Row | None:
    """The variable of few values whose prior reads both."""
    found = (row for row in rows if {by, bent} <= set(row.get("parents") or ()) and 1 < row["size"] <= FEW)
    return next(found, None)


def _noise(by: str, bent: str, record: Record) -> str | None:
    """The observed variable whose scale is `by` and whose place `bent`, with as many values as data."""
    sizes = {row["name"]: row.get("size") or 0 for row in record.model.free_rvs}
    for row in record.model.observed_parameters:
        apart = [set(names) & {by, bent} for names in row["parameters"]]
        if {by} in apart and {bent} in apart and 1 < (row["size"] or 0) <= sizes.get(bent, 0):
            return row["name"]
    return None


def _mend_data(names: Sequence[str], record: Record) -> str:
    """Data that are no numbers are missing; empty for any other term that is not finite."""
    terms = [row for row in record.logp.terms if row["name"] in names]
    data = [[row["datum"] for row in term.get("bad") or [] if "datum" in row] for term in terms]
    if not terms or not all(each and not any(map(finite, each)) for each in data):
        return ""
    return (
        f"The data of {quoted(names)} hold {sum(term.get('n_nan') or 0 for term in terms)} NaN, and nothing fills them in: leave these data out (the long form of a "
        "table, one row for each value that was measured), or give the missing ones a distribution of their own."
    )


def _vectorise(names: Sequence[str], record: Record) -> str:
    """A graph is large by its number of terms, where none of them is large by itself; else by a loop in the term that is named."""
    model, rows = record.model, record.model.graph.by_factor
    written = names_in([*model.observed, *model.potentials])
    terms = [row for row in rows if row["name"] in written]
    named = [name for name in names if name in {row["name"] for row in rows}]
    if terms and not named:
        return (
            f"Write the {len(terms):,} observed variables and potentials of this model as few: those of one kind as one variable with an array of "
            "data, which one vectorized expression predicts."
        )
    return f"Write the loop in {quoted(named) or 'the model'} as one vectorized operation, or as a scan."


def _make_start(names: Sequence[str], record: Record) -> str:
    """A point mass has no start: a constant is meant. Empty for any other."""
    points = {row["name"] for row in record.model.free_rvs if row.get("distribution") == "DiracDelta"}
    if not set(names) <= points:
        return ""
    return f"Write the constant itself in place of {quoted(names)}: a DiracDelta is a point, and a sampler that moves it at all leaves its support."


_BROKEN_DATA = {
    "missing": "leave out the rows where {arrays} holds NaN (a table in long form has a row for each value that was measured), or give what is "
    "missing a distribution of its own",
    "infinite": "look for a division by 0, a logarithm of 0 or an overflow where {arrays} is made",
    "wrapped": "cast to float64 what {arrays} is made of before it is squared, multiplied or added up",
}


def _mend_broken_data(names: Sequence[str], record: Record) -> str:
    """By what is wrong with the data: missing, infinite, wrapped around."""
    terms = [row for row in record.logp.terms if row["name"] in names]
    arrays: dict[str, dict[str, None]] = {}
    for term in terms:
        for row in term.get("data") or []:
            name = f"`{row['array'] or term['name']}`"
            arrays.setdefault(row["kind"], {})[name if row["array"] else f"a constant in {name}"] = None
    steps = [_BROKEN_DATA[kind].format(arrays=" and ".join(found)) for kind, found in arrays.items()]
    return f"Mend the data of {quoted(names)}: {'; '.join(steps)}."


_OWN: dict[str, Callable[[Sequence[str], Record], str]] = {
    "bends": _unbend,
    "cliffs": _keep_off_cliff,
    "holding": _along_ridge,
    "start_exists": _make_start,
    "graph_cost": _vectorise,
    "finite_terms": _mend_data,
    "data_finite": _mend_broken_data,
    "logp_deterministic": _make_deterministic,
    "parameters_in_domain": _keep_in_domain,
}
"""Checks whose advice depends on more than their names."""


def quoted(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
