"""What the trials of a suite say together: the labels, the two answers for each choice, and what became of the hypotheses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from faultline.core.commits import REVISION
from faultline.core.configuration import Configuration, changed, configuration, differences
from faultline.criteria.trials.comparisons import FAILING, REPAIRED, symptom
from faultline.criteria.trials.defects import YES, Defect, defects
from faultline.criteria.trials.labels import CURES, Comparison, Pairs
from faultline.criteria.trials.minimal_set import UNDECIDED, MinimalSet
from faultline.criteria.trials.readings import runs
from faultline.criteria.trials.runs import Raised, Results, Run, Study, runs_of
from faultline.criteria.trials.sets import SetSought, sets
from faultline.diagnosis.trials.audit import of_choice, of_hypothesis
from faultline.diagnosis.trials.compared import bisection
from faultline.diagnosis.trials.exits import answered
from faultline.diagnosis.trials.hypotheses import Outcome, outcomes
from faultline.diagnosis.trials.labels import Label, explains, labels


def judged(study: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The content of ``trials.json``.

    Parameters
    ----------
    study
        What was tried, as a request has it.
    rows
        For each measurement its ``configuration``, whether it is ``larger``, its ``request``, ``runs`` and ``error``.
    """
    about, results = Study.of(study), defaultdict(list)
    for row in rows:
        results[configuration(row["configuration"])] += runs(row["runs"], row["larger"])
    found = labels(about, results)
    broken = symptom(about, results)
    leads = explains(about, results)
    faulty = defects(about, results)
    repaired_holds = _holds(about, results, about.repaired) if about.repaired else None
    sound = bool(repaired_holds) and all(value is True for value in repaired_holds.values())
    audit = {
        changes: of_choice(about, found, changes, faulty, sound)
        for changes in about.alternatives(about.failing)
    }
    choices = [
        _choice(about, found, changes, faulty, broken.name if broken else None)
        | {"still_fails": _still_fails(about, results, changes), "audit": audited.as_dict()}
        for changes, audited in audit.items()
    ]
    searched = [_set(each, found) for each in sets(about, results)[0]]
    cause = cause_of(choices, searched, broken.name if broken else None)
    return {
        "schema_version": 1,
        "compare": about.compares,
        "bisection": bisection(about, results),
        "failing": dict(about.failing),
        "repaired": dict(about.repaired) if about.repaired else None,
        "criteria": [criterion.name for criterion in about.criteria],
        "symptom": broken.name if broken else None,
        "failing_holds": _holds(about, results, about.failing),
        "repaired_holds": repaired_holds,
        "hypotheses": [
            _hypothesis(each) | {"audit": of_hypothesis(each, audit).as_dict()}
            for each in outcomes(about, results)
        ],
        "exit_criteria": answered(about, results, choices, cause),
        "choices": choices,
        "sets": searched,
        "ruled_out": sorted(toggle for toggle, lead in leads.items() if lead.ruled_out),
        "labels": [_label(each) for each in found],
        "trials": [
            {
                "changes": dict(differences(about.failing, configuration(row["configuration"]))),
                "larger": row["larger"],
                "request": row["request"],
                "seeds": [run["seed"] for run in row["runs"]],
                "error": row["error"]
                and {key: row["error"].get(key) for key in ("type", "message", "stage")},
                "raised": _raised(row["runs"]),
            }
            for row in rows
        ],
        "values": _values(about, results, broken.name if broken else None),
    }


def cause_of(
    choices: Sequence[Mapping[str, Any]], searched: Sequence[Mapping[str, Any]], broken: str | None
) -> list[str]:
    """The toggles that trials name as the cause of the symptom: those that cure it alone, or else a set that does; empty for neither."""
    alone = [
        row["toggle"]
        for row in choices
        if row["alone"] and row["alone"]["label"] == CURES and not row["against_it"]
    ]
    together = [
        row["changes"]
        for row in searched
        if row["criterion"] == broken and row["of"] == "repairs" and row["label"] == CURES
    ]
    return list(dict.fromkeys(alone)) or list(together[0] if together else ())


def _raised(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The exception of the first run that one ended, and how many runs exceptions ended; None where they ended none."""
    found = [row.get("error") or asdict(Raised()) for row in rows if row["raised"]]
    return {**found[0], "runs": len(found)} if found else None


def _set(each: SetSought, found: Sequence[Label]) -> dict[str, Any]:
    """One search; a set of repairs has the label that it got as a change like any other, after the larger budget."""
    answer = each.answer or MinimalSet(UNDECIDED, why="the search has not come to its end")
    mine = [
        label.label
        for label in found
        if (label.background, label.criterion, label.changes)
        == (FAILING, each.criterion, configuration(answer.changes))
    ]
    return {
        "criterion": each.criterion,
        "of": each.of,
        "outcome": answer.outcome,
        "changes": dict(answer.changes),
        "label": mine[0] if mine and each.of == "repairs" else None,
        "unique": answer.unique,
        "why": answer.why,
        "undoes": dict(answer.undoes),
        "not_monotone": [[dict(one), dict(more)] for one, more in answer.not_monotone],
        "with_all": answer.with_all and asdict(answer.with_all),
        "without": [asdict(count) for count in answer.without],
        "configurations": answer.configurations,
        "runs": answer.runs,
    }


def _holds(study: Study, results: Results, which: Configuration) -> dict[str, bool | None]:
    """Criterion -> whether it holds in every fresh run of a configuration; None where that is not known."""
    found = runs_of(results, which, study.fresh).values()
    said = {}
    for criterion in study.criteria:
        each = [run.holds(criterion.name) for run in found]
        said[criterion.name] = True if each and all(each) else False if False in each else None
    return said


def _still_fails(study: Study, results: Results, changes: Configuration) -> list[str]:
    """The oracles that hold with none of the fresh seeds once the failing configuration has these changes.

    Empty where there is a repaired configuration, in which each choice is judged by itself: in the failing one the other faults break
    them as well.
    """
    if study.repaired is not None:
        return []
    after = runs_of(results, changed(study.failing, changes), study.fresh).values()
    return [
        name for name in study.oracles if after and {run.reading(name).passed for run in after} == {False}
    ]


def _choice(
    study: Study,
    found: Sequence[Label],
    changes: Configuration,
    faulty: Mapping[tuple[str, str], Defect],
    broken: str | None,
) -> dict[str, Any]:
    """One other choice of one toggle: whether what stands is a defect, what the change does to the symptom, and which oracles
    speak ``against_it``."""
    toggle, choice = changes[0]
    stands = dict(study.failing)[toggle]
    back = ((toggle, stands),)

    def about(background: str, which: Configuration) -> dict[str, Any] | None:
        each = [
            label
            for label in found
            if label.background == background and label.changes == which and label.criterion == broken
        ]
        return _label(each[0]) if each else None

    defect = faulty.get((toggle, stands), Defect("not tested"))
    other = faulty.get((toggle, choice), Defect("not tested"))
    repaired = dict(study.repaired).get(toggle) if study.repaired else None
    return {
        "toggle": toggle,
        "stands": stands,
        "choice": choice,
        "is_repair": choice == repaired,
        "defect": defect.answer if repaired not in (None, stands) else None,
        "oracles": list(defect.oracles) if defect.answer == YES else [],
        "against_it": list(other.oracles) if other.answer == YES else [],
        "alone": about(FAILING, changes),
        "put_back": about(REPAIRED, back) if choice == repaired else about(REPAIRED, changes),
    }


def _label(each: Label) -> dict[str, Any]:
    comparison = each.comparison
    return {
        "background": each.background,
        "changes": dict(each.changes),
        "criterion": each.criterion,
        "label": each.label,
        "why": each.why,
        "p": each.p,
        **_figures(comparison),
    }


def _figures(comparison: Comparison) -> dict[str, Any]:
    seen = comparison.seen
    return {
        "seeds": list(seen.seeds),
        "background_passes": seen.background.passed,
        "changed_passes": seen.changed.passed,
        "changed_fails": seen.changed.failed,
        "n": seen.n,
        "difference": _difference(seen),
        "larger": _difference(comparison.larger) if comparison.larger.n else None,
    }


def _difference(pairs: Pairs) -> dict[str, float] | None:
    found = pairs.difference
    return None if found is None else {"mean": found.mean, "low": found.low, "high": found.high}


def _hypothesis(each: Outcome) -> dict[str, Any]:
    return {
        "name": each.hypothesis.name,
        "says": each.hypothesis.says,
        "severity": each.hypothesis.severity,
        "place": each.hypothesis.place,
        "status": each.hypothesis.status,
        "changes": dict(each.hypothesis.changes),
        "predicts": each.hypothesis.predicts,
        "metric": each.hypothesis.metric,
        "background": each.hypothesis.background,
        "outcome": each.outcome,
        "label": each.label,
        "why": each.why,
        "against": list(each.against),
        **(_figures(each.comparison) if each.comparison else {}),
    }


def _values(study: Study, results: Results, broken: str | None) -> list[dict[str, Any]]:
    """The symptom's figure, or whether it holds, for each run of each configuration: what the picture shows."""
    if broken is None:
        return []
    rows = []
    places = {commit.name: place for place, commit in enumerate(study.commits)}
    by_revision = sorted(results.items(), key=lambda item: places.get(dict(item[0]).get(REVISION), -1))
    for which, each in by_revision:
        sides = [(FAILING, study.failing), *([(REPAIRED, study.repaired)] if study.repaired else [])]
        for side, base in sides:
            changes = differences(base, which)
            if len(changes) <= 1:
                rows.append(
                    {"side": side, "changes": dict(changes), "runs": [_run(run, broken) for run in each]}
                )
    return rows


def _run(run: Run, broken: str) -> dict[str, Any]:
    reading = run.reading(broken)
    return {"seed": run.seed, "passed": run.holds(broken), "value": reading.metric, "larger": run.larger}
