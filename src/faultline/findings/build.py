"""The checks of the group that only builds: every term finite at the start, none counted twice, a usable jittered start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from faultline.core.check import Check, at_most, equals, finite
from faultline.core.sections.model import Logp, Model
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.engine.names import element
from faultline.findings import data, evaluation, structure
from faultline.findings.parts import names_in
from faultline.findings.words import Advice, quoted

# Log-probability that the default start may lose to its jitter, per free value. Uniform(-1, 1) jitter costs 1 / (6 sd^2)
# each: 100 is lost where the posterior is 25 times narrower than the jitter.
JITTER_LOSS_PER_VALUE = 100.0


def checks(record: Record) -> list[Check]:
    """Group 1: every term finite at the start, none counted twice, data and structure, and remarks on the start."""
    logp, model = record.logp, record.model
    if large(model):
        return structure.graph_cost(model)
    return [
        *at_start(record),
        _equal_terms(logp),
        *_start(logp, model),
        structure.informed(record),
        *structure.proper(model),
        *structure.domains(record),
        *structure.graph_cost(model),
        *structure.densities(record),
        *structure.cut(record),
        *(check for check in data.checks(record) if not _said_already(check, record)),
        *evaluation.from_the_end(record),
        *structure.felt(model),
        *structure.continuous(model),
        *structure.connected(model),
    ]


def _said_already(check: Check, record: Record) -> bool:
    """Whether it only says once more that a datum is no number."""
    broken = {name for found in broken_data(record.logp) for name in found.names}
    return check.name == "data_in_support" and set(check.names) <= broken


def large(model: Model) -> bool:
    """Whether the graph is so large that nothing else was looked at."""
    return any(check.passed is False for check in structure.graph_cost(model))


def at_start(record: Record) -> list[Check]:
    """Whether the log-probability of the start is finite, in total and term by term: every kind of group looks."""
    logp, model = record.logp, record.model
    causes, terms, total = _causes(record), _terms(logp, model), _total(logp)
    # A start out of bounds breaks whatever reads it.
    known = {name for check in causes for name in check.names}
    if causes and (causes[0].name == "start_in_domain" or set(terms.names) <= known):
        return causes
    return [replace(total, role=terms.role) if total.passed is False else total, terms, *causes]


def _causes(record: Record) -> list[Check]:
    """Why terms are not finite at the start, where that is known."""
    logp, model = record.logp, record.model
    return [] if _spared(logp, model) else in_domain(record) or broken_data(logp) or _definite(logp)


def in_domain(record: Record) -> list[Check]:
    """Initial values that are not finite in the sampler's units, where jitter changes nothing."""
    rows = record.model.start.outside
    if not rows:
        return []
    listed = ", ".join(f"{row['name']} ({row['n']} of {row['size']} values{_by(row)})" for row in rows)
    note = f"the initial value is outside the domain, so it is infinite or NaN on the scale that the sampler uses: {listed}"
    names = tuple(row["name"] for row in rows)
    return [equals("start_in_domain", len(rows), 0, note=note, cause_class="b", names=names)]


def _by(row: Row) -> str:
    return f"; {row['transform']} transform" if row.get("transform") else ""


def broken_data(logp: Logp) -> list[Check]:
    """Terms that are not finite because of an array of data: with other numbers in it they are."""
    rows = [term for term in logp.terms if term.get("data")]
    if not rows:
        return []
    listed = "; ".join(f"{t['name']}, because {' and '.join(map(_broken_array, t['data']))}" for t in rows)
    note = f"data make terms nonfinite at the start: {listed}; with ordinary numbers instead, more of their elements are finite"
    names = tuple(term["name"] for term in rows)
    return [equals("data_finite", len(rows), 0, note=note, cause_class="b", names=names)]


def _broken_array(row: Row) -> str:
    """An array and its first element that is wrong."""
    name = (row["array"] or "a constant") if not row["observed"] else "its own data"
    what = {
        "missing": "is NaN",
        "infinite": f"is {row['value']}",
        "wrapped": f"is {row['value']}, as an integer too large for its type becomes when it wraps around",
    }[row["kind"]]
    return f"{element(name, row['index'], row.get('labels'))} {what} ({row['n']} of {row['size']} elements)"


def _definite(logp: Logp) -> list[Check]:
    """Covariance matrices that have no Cholesky root at the start."""
    rows = [term for term in logp.terms if term.get("matrix")]
    if not rows:
        return []
    matrices = [(term["name"], term["matrix"]) for term in rows]
    listed = ", ".join(
        f"{name} ({m['size']} x {m['size']}, eigenvalues {m['smallest']:.2g} to {m['largest']:.2g})"
        for name, m in matrices
    )
    note = f"a matrix is not positive definite at the start, so its Cholesky factorization fails: {listed}"
    names = tuple(name for name, _ in matrices)
    return [equals("positive_definite", len(rows), 0, note=note, cause_class="c", names=names)]


def _total(logp: Logp) -> Check:
    total = logp.total
    known = None if total is None else finite(total)
    note = "the log-probability was not evaluated"
    if known is not None:
        note = f"the total log-probability at the start is {total:.8g}"
    return equals("finite_total", known, True, note=note)


def _spared(logp: Logp, model: Model) -> bool:
    """Whether the sampler never sees the initial point: its own start is jittered, and finite."""
    jittered, strategy = logp.start.with_jitter, model.start.strategy or "jitter"
    return (
        strategy.startswith("jitter") and bool(jittered) and all(finite(row.get("logp")) for row in jittered)
    )


def _terms(logp: Logp, model: Model) -> Check:
    terms = logp.terms
    if not terms:
        note = "no term of the log-probability was evaluated"
        return equals("finite_terms", None, 0, note=note)
    broken = [
        term for term in terms if not finite(term.get("value")) or term.get("n_nan") or term.get("n_inf")
    ]
    if not broken:
        return equals("finite_terms", 0, 0, note=f"all {len(terms)} terms are finite at the start")
    listed = ", ".join(f"{term['name']} ({_broken_words(term)})" for term in broken[:5])
    names = tuple(term["name"] for term in broken)
    if _spared(logp, model):
        note = f"{len(broken)} of {len(terms)} terms are not finite at PyMC's initial point ({listed}), but at every jittered start they are finite"
        return equals(
            "finite_terms",
            len(broken),
            0,
            note=note,
            role="remark",
            names=names,
        )
    return equals(
        "finite_terms",
        len(broken),
        0,
        note=f"{len(broken)} of {len(terms)} terms are not finite at the start: {listed}",
        cause_class="c" if any(_term_cause(term, model) == "c" for term in broken) else "b",
        names=names,
    )


def _broken_words(term: Row) -> str:
    counts = [
        f"{term[key]} {word}" for key, word in (("n_nan", "NaN"), ("n_inf", "infinite")) if term.get(key)
    ]
    of = f" of {term['n_elements']} elements" if counts and term.get("n_elements") else ""
    return " and ".join(counts) + of if counts else str(term.get("value"))


def _term_cause(term: Row, model: Model) -> str:
    """An infinite prior or likelihood is a start or a datum outside the support (b), as is a datum that is no number;
    anything else is the arithmetic of the term (c)."""
    bad = [row["datum"] for row in term.get("bad") or [] if "datum" in row]
    if bad and not all(map(finite, bad)):
        return "b"
    value = term.get("value")
    is_nan = bool(term.get("n_nan")) or value is None or value != value
    distribution = term["name"] in names_in([*model.free_rvs, *model.observed])
    return "b" if distribution and not is_nan else "c"


def _equal_terms(logp: Logp) -> Check:
    about: dict[str, Any] = {"cause_class": "c"}
    if logp.equal_terms is None:
        return equals("terms_counted_once", None, 0, note="whether terms are equal was not measured", **about)
    twice = [
        pair
        for pair in logp.equal_terms
        if finite(pair.get("max_spread"))
        and pair["max_spread"] <= limit.EQUAL_TERMS_SPREAD
        and pair.get("n_points", 0) >= limit.EQUAL_TERMS_POINTS
    ]
    if not twice:
        note = "no two terms rise and fall together at random points"
        return equals("terms_counted_once", 0, 0, note=note, **about)
    words = "; ".join(map(_pair_words, twice))
    names = tuple(dict.fromkeys(name for pair in twice for name in pair["names"]))
    return equals("terms_counted_once", len(twice), 0, note=f"counted twice: {words}", names=names, **about)


def _pair_words(pair: Row) -> str:
    first, second = pair["names"][:2]
    points, apart = pair["n_points"], f"to {pair['max_spread']:.2g}" if pair["max_spread"] else "exactly"
    if pair.get("kind") == "contained":
        return f"{first} is contained in {second} (their gradients agree at {points} random points, {apart})"
    return f"{first} equals {second} up to a constant (at {points} random points, {apart})"


def _start(logp: Logp, model: Model) -> list[Check]:
    """What the jitter of the default start costs: a remark, because a chain can recover from it."""
    start = logp.start
    plain = start.without_jitter.get("logp") if start.without_jitter else None
    jittered = [row.get("logp") for row in start.with_jitter]
    if not finite(plain) or not jittered:
        return []
    broken = sum(not finite(value) for value in jittered)
    by = tuple(dict.fromkeys(name for row in start.with_jitter for name in row.get("broken") or []))
    note = f"{broken} of {len(jittered)} jittered starts have no finite log-probability"
    if by:
        note += f", because of {', '.join(by)}"
    if broken == len(jittered):
        cause = "c" if set(by) & names_in(model.potentials) else "b"
        found = [equals("start_exists", broken, 0, note=note, cause_class=cause, names=by)]
    else:
        found = [
            equals("jittered_starts_finite", broken, 0, note=note, role="remark", cause_class="b", names=by)
        ]
    known = [value for value in jittered if finite(value)]
    if known and model.n_values:
        loss = (plain - min(known)) / model.n_values
        note = f"jitter takes the log-probability of the start from {plain:.6g} to as low as {min(known):.6g}"
        about: dict[str, Any] = {"note": note, "role": "remark", "cause_class": "a"}
        found.append(at_most("jitter_loss_per_value", loss, JITTER_LOSS_PER_VALUE, **about))
    return found


# --- What to do --------------------------------------------------------------------------------------------------


def _mend_data(names: Sequence[str], record: Record) -> str:
    """Data that are no numbers are missing."""
    terms = [row for row in record.logp.terms if row["name"] in names]
    data = [[row["datum"] for row in term.get("bad") or [] if "datum" in row] for term in terms]
    if not terms or not all(each and not any(map(finite, each)) for each in data):
        return (
            "Evaluate {names} element by element at the initial point, and fix the data, the prior or the initial value that causes a value "
            "outside the support."
        )
    return (
        f"The data of {quoted(names)} hold {sum(term.get('n_nan') or 0 for term in terms)} NaN, and nothing imputes them. Drop these data (use a table in "
        "long form, one row for each measured value), or give the missing values a distribution of their own."
    )


_BROKEN_DATA = {
    "missing": "drop the rows where {arrays} is NaN (a table in long form has a row for each measured value), or give the missing values a "
    "distribution of their own",
    "infinite": "look for a division by 0, a logarithm of 0 or an overflow where {arrays} is computed",
    "wrapped": "cast the inputs of {arrays} to float64 before they are squared, multiplied or summed",
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
    return f"Fix the data of {quoted(names)}: {'; '.join(steps)}."


def _make_start(names: Sequence[str], record: Record) -> str:
    """A point mass has no start: a constant is meant."""
    points = {row["name"] for row in record.model.free_rvs if row.get("distribution") == "DiracDelta"}
    if not set(names) <= points:
        return "Give the variables that {names} reads an initval inside its support, or fix its arithmetic where it underflows."
    return f"Replace {quoted(names)} by the constant itself: a DiracDelta is a point mass, so any move of the sampler leaves its support."


ADVICE: Advice = {
    "finite_total": "Find the term that makes the total not finite.",
    "finite_terms": _mend_data,
    "start_in_domain": "Give {names} an initval inside the domain: increasing values for an ordered transform (such as "
    "numpy.linspace(-1, 1, n)), a point strictly between the bounds for a bounded one.",
    "data_finite": _mend_broken_data,
    "positive_definite": "Add a small constant to the diagonal of the covariance matrix of {names} (a nugget: 1e-6 times its largest element, "
    "as pm.gp.util.stabilize does), and look for duplicate inputs.",
    "terms_counted_once": "Count the evidence once: remove one of {names}, or the part of one that the other already contains.",
    "start_exists": _make_start,
}
