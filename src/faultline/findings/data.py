"""The checks of the data: arrays that are empty, coded, cut off or impossible, and terms that do not go with them one by one."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check, equals
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.engine.names import element
from faultline.findings.words import Advice


def checks(record: Record) -> list[Check]:
    """Data that are not what their author believes."""
    found = record.probes.data
    checks = _shapes(record)
    observed = [row for row in found.arrays if row["kind"] == "observed"]
    if empty := [row["name"] for row in observed if row["n"] == 0]:
        # Potentials may hold the data, and one of several arrays may be empty on purpose.
        alone = len(empty) == len(observed) and not record.model.potentials
        checks.append(
            equals(
                "data_present",
                len(empty),
                0,
                note=f"{', '.join(empty)} observes an empty array: no datum informs the model there",
                role="fault" if alone else "remark",
                cause_class="b",
                names=tuple(empty),
            )
        )
    if rows := found.imputed:
        names = tuple(name for row in rows for name in (row["observed"], row["name"]))
        listed = ", ".join(f"{row['n']} in {row['observed']}" for row in rows)
        meant = all(row.get("masked") for row in rows)
        what = "masked values" if meant else "NaN"
        note = f"PyMC imputes {what} in observed data: each becomes a parameter, drawn from the distribution of its variable: {listed}"
        about = {"role": "remark", "cause_class": None if meant else "b", "names": names}
        checks.append(equals("data_complete", sum(row["n"] for row in rows), 0, note=note, **about))
    if rows := found.coerced:
        names = tuple(row["name"] for row in rows)
        listed = ", ".join(
            f"{row['n']} of {row['size']} in {row['name']} ({row['given']:.4g} at {_at(row)} becomes {row['kept']})"
            for row in rows
        )
        note = f"count data are not whole numbers, and PyMC silently drops the fractional part: {listed}"
        checks.append(
            equals("counts_whole", sum(row["n"] for row in rows), 0, note=note, cause_class="b", names=names)
        )
    if rows := found.coded:
        names = tuple(row["name"] for row in rows)
        listed = ", ".join(f"{row['value']:g} ({row['n']} times in {row['name']})" for row in rows)
        note = f"a value far from all others is repeated and treated as a measurement, but looks like a code for missing data: {listed}"
        checks.append(
            equals("data_uncoded", sum(row["n"] for row in rows), 0, note=note, cause_class="b", names=names)
        )
    for known in (True, False):
        if rows := [row for row in found.coded_predictors if row["known"] is known]:
            checks.append(_coded_predictors(rows, known))
    if rows := found.scaled:
        names = tuple(row["name"] for row in rows)
        listed = ", ".join(
            f"each of the {row['n']} data of {row['name']} counts {row['times']:.3g} times" for row in rows
        )
        note = f"total_size is meant for minibatches, and here it differs from the number of data: {listed}"
        checks.append(equals("data_counted_once", len(rows), 0, note=note, cause_class="c", names=names))
    if rows := found.overflow:
        names = tuple(row["factor"] for row in rows)
        listed = ", ".join(
            f"{row['n']} of {row['size']} values in {row['factor']} ({row['dtype']})" for row in rows
        )
        note = f"integer arithmetic on the data wraps around: {listed}"
        checks.append(equals("integers_fit", len(rows), 0, note=note, cause_class="b", names=names))
    if rows := found.support:
        names = tuple(row["name"] for row in rows)
        listed = ", ".join(f"{row['name']} ({row['n']}; {_first(row)})" for row in rows)
        note = f"data that are impossible for any parameter values: {listed}"
        checks.append(
            equals(
                "data_in_support", sum(row["n"] for row in rows), 0, note=note, cause_class="b", names=names
            )
        )
    return checks


def _shapes(record: Record) -> list[Check]:
    """Factors with more terms than data: a column against a row."""
    found = record.probes.shapes
    wide = {row["name"]: row["elements"] for row in found.factors if row["elements"] > row["data_size"] > 1}
    wide |= {row["name"]: row["n"] ** 2 for row in found.outer if row["reads_data"]}
    if not wide:
        return []
    listed = ", ".join(f"{name} sums {n} terms" for name, n in wide.items())
    note = f"{listed}, because every datum is compared with the mean of every other: shape (N, 1) is broadcast against shape (N,)"
    return [equals("one_term_per_datum", len(wide), 0, note=note, cause_class="c", names=tuple(wide))]


def _coded_predictors(rows: Sequence[Row], known: bool) -> Check:
    """A number that is written for missing values is a fault; any other may be a place of its own far out."""
    names = tuple(dict.fromkeys(name for row in rows for name in row["factors"]))
    listed = ", ".join(
        f"{row['value']:g} ({row['n']} times in {row['name']}"
        f"{'' if row['column'] is None else f', column {row["column"]}'}, {row['gap'] / row['reach']:.3g} times as far from the other values as their whole range)"
        for row in rows
    )
    return equals(
        "predictors_uncoded",
        sum(row["n"] for row in rows),
        0,
        note=f"in a predictor of {' and '.join(names)}, a value far from all others is repeated, and looks like a code for missing data: {listed}",
        role="fault" if known else "remark",
        cause_class="b",
        names=names,
    )


def _first(row: Row) -> str:
    first = row["elements"][0]
    datum = f" is {first['datum']:g}" if "datum" in first else ""
    return f"element {_at(first)}{datum}"


def _at(row: Row) -> str:
    return element("", row["index"], row.get("labels")) or "[]"


# --- What to do --------------------------------------------------------------------------------------------------


ADVICE: Advice = {
    "one_term_per_datum": "Give the mean and the data of {names} the same shape.",
    "data_present": "Check where the data of {names} are created: look for a path, a filter or a key that finds nothing.",
    "counts_whole": "Give {names} the counts themselves (totals instead of means or proportions, with their exposure or number of trials), "
    "or choose a continuous distribution.",
    "data_uncoded": "Drop the missing values from {names}, or pass them as NaN and model them deliberately.",
    "predictors_uncoded": "Check that value in the predictors of {names}: if it stands for a missing one, drop those rows, or give the missing values "
    "a distribution of their own.",
    "data_counted_once": "Remove total_size from {names}: the model sees all its data, so every datum must count once, and counting more makes the posterior too narrow.",
    "integers_fit": "Cast the data of {names} to float64 before any arithmetic.",
    "data_in_support": "Correct or drop these data of {names}, or choose a distribution that can produce them.",
}
