"""Whether there is one log-probability to evaluate: the same every time, with indices inside their arrays and shapes that fit."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check, equals
from faultline.core.errors import one_line
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings.words import Advice, quoted

_LONGEST_MESSAGE = 160


def undefined(record: Record) -> list[Check]:
    """Why there is no one log-probability: nothing else is looked at then, in any group."""
    return [*_minibatch(record), *_random(record)] or _out_of_bounds(record) or _raises(record)


def _random(record: Record) -> list[Check]:
    rows = [row for row in record.probes.random if row["kind"] != "minibatch"]
    if not rows:
        return []
    words = {
        "simulator": "{factor} is simulated anew at every evaluation (pm.Simulator)",
        "variable": "{factor} reads {drawn}, which {is_} not part of this model and would be drawn anew at every evaluation "
        "(created with .dist(), or in another model)",
    }
    listed = "; ".join(
        words[row["kind"]].format(
            factor=row["factor"],
            drawn=" and ".join(row["drawn"]) or "something",
            is_="are" if len(row["drawn"]) > 1 else "is",
        )
        for row in rows
    )
    note = f"the log-probability is random and differs from one evaluation to the next: {listed}"
    names = tuple(row["factor"] for row in rows)
    return [equals("logp_deterministic", len(rows), 0, note=note, cause_class="c", names=names)]


def _minibatch(record: Record) -> list[Check]:
    """Terms that read a minibatch: no fault of the model, which variational inference fits, but one of sampling it."""
    names = tuple(row["factor"] for row in record.probes.random if row["kind"] == "minibatch")
    if not names:
        return []
    listed = " and ".join(names)
    note = f"{listed} {'read' if len(names) > 1 else 'reads'} different rows of the data at every evaluation (pm.Minibatch), so the log-probability "
    note += f"differs from one evaluation to the next{_sampled_all_the_same(record)}"
    return [equals("data_all_read", len(names), 0, note=note, cause_class="s", names=names)]


def _sampled_all_the_same(record: Record) -> str:
    """What the user's own run makes of it, with the minibatch and without; empty where it was not made."""
    said, (without, as_it_is) = "", (record.as_yours.with_all_data, record.as_yours.with_minibatch)
    if as_it_is:
        said += (
            f"; pm.sample ends with {as_it_is['error']['type']}: {one_line(as_it_is['error']['message'], _LONGEST_MESSAGE)}"
            if as_it_is["error"]
            else "; pm.sample makes draws all the same, but they are of no posterior"
        )
    if without:
        said += f"; with all of the data in place of the minibatch, your run {'passes' if without['passes'] else 'does not pass'}"
    return said


def _raises(record: Record) -> list[Check]:
    """The factor that cannot be evaluated: (b) where data do not fit their distribution's parameters, else (c)."""
    error, factor = record.error, record.error.factor
    if not factor:
        return []
    name, unfit = factor["name"], not factor["fit"]
    found = "shapes that cannot be broadcast together" if unfit else f"it raises {error.type}"
    note = f"the log-probability of {name} cannot be evaluated: {found} ({factor['shapes']})"
    cause = "b" if unfit and factor["observed"] else "c"
    return [equals("term_evaluates", 1, 0, note=note, cause_class=cause, names=(name,))]


def _out_of_bounds(record: Record) -> list[Check]:
    rows = [row for row in record.probes.indices if row["n_outside"]]
    if not rows:
        return []
    listed = "; ".join(
        f"in {_index(row)}, {row['n_outside']} of {row['n']} lie outside 0 to {row['size'] - 1} "
        f"(they range from {row['smallest']} to {row['largest']}; the array is computed from {', '.join(row['variables']) or 'data'})"
        for row in rows
    )
    names = tuple(dict.fromkeys(name for row in rows for name in row["factors"]))
    note = f"array indices are out of bounds: {listed}"
    return [equals("indices_in_bounds", len(rows), 0, note=note, cause_class="b", names=names)]


def from_the_end(record: Record) -> list[Check]:
    """Negative indices among others: as good as any to NumPy, and often a category that is missing."""
    rows = [row for row in record.probes.indices if row["n_negative"]]
    if not rows:
        return []
    listed = "; ".join(f"in {_index(row)}, {row['n_negative']} of {row['n']}" for row in rows)
    names = tuple(dict.fromkeys(name for row in rows for name in row["factors"]))
    note = (
        f"negative indices, which count from the end, stand beside nonnegative ones: {listed} (pandas codes a missing "
        "category as -1)"
    )
    return [
        equals("indices_from_start", len(rows), 0, note=note, role="remark", cause_class="b", names=names)
    ]


def _index(row: Row) -> str:
    """Which index: the factors that read it, and its own name."""
    return " and ".join(row["factors"]) + (f" (index {row['index']})" if row.get("index") else "")


# --- What to do --------------------------------------------------------------------------------------------------


_WITHOUT_CHANCE = {
    "simulator": "Sample the model of {names} with pm.sample_smc, which needs no likelihood, or write out the likelihood: NUTS cannot use a "
    "simulator.",
    "variable": "Make what {names} reads a named variable of this model, so that it is sampled: write pm.Normal('mu', ...) instead of "
    "pm.Normal.dist(...), and create every variable inside the same pm.Model.",
}


def _make_deterministic(names: Sequence[str], record: Record) -> str:
    rows = [row for row in record.probes.random if row["kind"] != "minibatch"]
    kinds = {row["kind"]: [other["factor"] for other in rows if other["kind"] == row["kind"]] for row in rows}
    return " ".join(_WITHOUT_CHANCE[kind].format(names=quoted(factors)) for kind, factors in kinds.items())


ADVICE: Advice = {
    "indices_from_start": "First check the negative indices in {names}. Where they stand for a missing category (pandas codes it as -1), "
    "they read the last element: drop those rows, or give them a category of their own.",
    "logp_deterministic": _make_deterministic,
    "data_all_read": "Give {names} all of its data instead of pm.Minibatch, and drop total_size. Minibatches are meant for variational "
    "inference (pm.fit); NUTS needs a density that does not change.",
    "indices_in_bounds": "Number the index in {names} from 0 (as pandas.factorize does), or give the array that it indexes an element "
    "for every value of the index.",
    "term_evaluates": "Print the shapes of the data and of each parameter of {names}, and transpose or index what does not line up. If all shapes agree, "
    "read the traceback in this record's error.",
}
