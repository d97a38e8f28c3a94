"""What a group found, in one paragraph made from its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.check import Check, finite
from faultline.diagnosis.sizes import is_size
from faultline.findings import frozen
from faultline.findings.parts import components_on

_LEAD = {
    "pass": "This group passes",
    "fail": "This group fails",
    "inconclusive": "This group cannot decide yet",
    "error": "This group did not finish",
    "not_run": "This group measured nothing",
}
_ENDED = {
    "TIMEOUT": "It ran into its time limit in stage {stage}: that is slow, not a crash, and says nothing against the model yet.",
    "OUT_OF_MEMORY": "It ran out of memory in stage {stage}: a matter of size, not yet a fault of the model.",
    "KILLED": "Its process was killed from outside in stage {stage}, possibly for want of memory; that says nothing against the model.",
    "INTERRUPTED": "It was interrupted in stage {stage}; that says nothing against the model.",
    "RECURSION": "It exceeded Python's recursion limit in stage {stage}: a graph nested too deeply, such as a loop unrolled over time.",
    "CRASH": "It ended with {type} in stage {stage}{where}: {message}.",
}
_COSTS = (
    ("compile", "compile"),
    ("first", "evaluate for the first time"),
    ("compile_sampler", "compile for the sampler"),
)
LONGEST_MESSAGE = 300  # characters of an error's message that a paragraph bears; the record has it whole
_AT_START = {
    "finite_total",
    "finite_terms",
    "indices_in_bounds",
    "logp_deterministic",
    "term_evaluates",
    "start_in_domain",
    "positive_definite",
    "finite_gradient",
    "finite_nearby",
}
_FORMALITIES = ("chains", "run_complete", "nonfinite_draws")


def interpretation(record: Mapping[str, Any], checks: Sequence[Check], outcome: str, status: str) -> str:
    """One paragraph: what the group found, with the figures, and what that does not show."""
    guilty = [check for check in checks if check.role == "fault" and check.passed is False]
    short = [
        check
        for check in checks
        if check.role != "remark" and check.passed is not True and check not in guilty
    ]
    sentences = [f"{_LEAD[outcome]}: {_subject(record)}."]
    if outcome == "fail":
        told = _plainly if record.get("kind") == "apart" else _against_limit
        sentences += [_sentence(told(check), check.names) for check in guilty]
        said = {check.note for check in guilty}
        sentences.append(
            _list("also short of a pass", [c.note for c in short if c.passed is False and c.note not in said])
        )
        sentences.append(_meaning(record, guilty))
    elif outcome == "inconclusive":
        sentences.append(_list("what is missing for a pass", [check.note for check in short]))
    elif outcome == "pass":
        found = [check.note for check in checks if check.role != "remark" and check.name not in _FORMALITIES]
        sentences += [_list("found", found), _limits_of_a_pass(record)]
    sentences.append(
        _list("worth knowing", [c.note for c in checks if c.role == "remark" and c.passed is False])
    )
    if outcome == "not_run":
        sentences += left_out(record)
    if record.get("error"):
        sentences += [_ending(record["error"], status), _before_compiling(record)]
    if status == "SLOW_COMPILE":
        sentences.append(_slow(record))
    return " ".join(" ".join(s for s in sentences if s).split())


def left_out(record: Mapping[str, Any]) -> list[str]:
    """What a group that takes a model apart had no way to do."""
    skipped = (record.get("apart") or {}).get("skipped") or []
    return [f"It left out {row['what']}: {row['reason']}." for row in skipped]


def where_to_look(record: Mapping[str, Any]) -> str:
    """Where to look in the part that a group adds, from the probes that the case has for it."""
    places = []
    if record.get("mixture"):
        places.append("the mixture's arithmetic, its masking and how its probability is parameterised")
    if record.get("hmm_micro"):
        places.append("the gradients of the hidden-state term and its transitions")
    return "; ".join(places) or "the terms and variables that it adds"


def _subject(record: Mapping[str, Any]) -> str:
    return {
        "build": "the model at its initial point",
        "gradient": "the gradient at the initial point",
        "apart": "the model taken apart",
        "frozen": "sampling with the latent variables frozen",
    }.get(record.get("kind"), f"sampling with {_switched_on(record)}")


def _switched_on(record: Mapping[str, Any]) -> str:
    components = (record.get("asked") or {}).get("components") or {}
    on = [name for name in components if components[name]]
    if not on:
        return "every component off" if components else "the whole model, which has no components"
    return " and ".join(f"`{name}`" for name in on) + " on"


def _sentence(text: str, names: Sequence[str] = ()) -> str:
    """With a capital at its start, unless it starts with a name of the model."""
    start = text[:1] if text.startswith(tuple(names)) else text[:1].upper()
    return f"{start}{text[1:]}." if text else ""


def _list(title: str, notes: Sequence[str]) -> str:
    return _sentence(f"{title}: {'; '.join(dict.fromkeys(notes))}") if notes else ""


def _against_limit(check: Check) -> str:
    """The finding and the limit it breaks; a count that must be 0 needs no limit."""
    if isinstance(check.threshold, bool) or not finite(check.threshold) or check.threshold == 0:
        return check.note
    return (
        f"{check.note} (limit: {'at least' if check.comparison == '>=' else 'at most'} {check.threshold:g})"
    )


def _plainly(check: Check) -> str:
    """The finding alone: of a model taken apart it has its figures in words."""
    return check.note


def _meaning(record: Mapping[str, Any], guilty: Sequence[Check]) -> str:
    if record.get("kind") == "apart":
        return ""
    if record.get("kind") == "build":
        return _meaning_of_build(guilty)
    if record.get("kind") == "gradient":
        return (
            "NUTS follows this gradient, so no sampling result of a model with these terms can be trusted: an "
            "implementation or domain problem."
        )
    names = {check.name for check in guilty}
    if names & _AT_START:
        return f"{_meaning_of_build(guilty)} The start itself is broken, so what the sampler does says nothing about the geometry."
    if names == {"truth_coverage"}:
        return (
            "The chains agree with each other but not with the truth: the sampler did its work on a model that is not the "
            "one that made the data, so look for data or priors that do not fit (b) or a wrong density (c)."
        )
    sentences = []
    if "chains_together" in names:
        sentences.append(
            "The chains disagree: their draws do not describe one distribution, however few of them diverge."
        )
    return " ".join([*sentences, _place(record)])


def _place(record: Mapping[str, Any]) -> str:
    """The decision rule for the configuration of a sampling group that fails."""
    if record.get("kind") == "frozen":
        return frozen.said(record)
    if is_size(record):
        return "Whether the size makes the difference, the smaller sizes decide: if they pass, it is scaling or identifiability."
    if not (record.get("asked") or {}).get("components"):
        return "Which part of the model makes it fail, the group that takes it apart says."
    if not components_on(record):
        return (
            "Nothing but the core of the model is switched on, so its own parameterisation is already ill-conditioned (a), "
            "unless the gradient group finds its gradient wrong (c)."
        )
    return (
        "Whether a component that is on here makes the difference, the groups with less switched on decide: if they pass, "
        f"look at {where_to_look(record)}; if they fail too, this group says nothing about it."
    )


def _meaning_of_build(guilty: Sequence[Check]) -> str:
    sentences = []
    for check in guilty:
        if check.name == "finite_terms" and check.cause_class == "b":
            sentences.append(
                "A domain problem: a start or a datum outside the support of a distribution (b)."
            )
        elif check.name == "finite_terms":
            sentences.append(
                "A bug or a domain problem: the arithmetic of the term itself (c), unless its data are not finite (b)."
            )
        elif check.name == "indices_in_bounds":
            sentences.append(
                "NumPy raises for such an index, and a sampler inside XLA takes another element without a word: the group stopped here (b)."
            )
        elif check.name == "logp_deterministic":
            sentences.append(
                "NUTS needs the same log-probability wherever it comes back to the same point: the group stopped here (c)."
            )
        elif check.name == "start_in_domain":
            sentences.append("No chain can begin there: jitter leaves what is infinite as it is (b).")
        elif check.name == "positive_definite":
            sentences.append(
                "Its smallest eigenvalue is lost in the rounding of the largest, as with a smooth kernel on close or equal inputs (c)."
            )
        elif check.name == "terms_counted_once":
            sentences.append(
                "The same evidence enters the joint log-probability twice, which makes the posterior too narrow (c); no "
                "sampling check can see that."
            )
    return " ".join(sentences)


def _limits_of_a_pass(record: Mapping[str, Any]) -> str:
    if record.get("kind") == "build":
        return "That shows a sound start, not a sound geometry."
    if record.get("kind") == "apart":
        return "A model that samples well was not searched further; that it does says nothing about whether it is right."
    if record.get("kind") == "gradient":
        return "That holds at the points tried; it does not show that the geometry is kind to the sampler."
    frames = (record.get("data") or {}).get("T")
    at = f" with {frames} frames" if frames else ""
    asked = record.get("asked") or {}
    shows = f"That shows that this configuration samples{at}; it"
    if asked.get("max_T") or asked.get("max_K"):
        return f"{shows} shows neither that the model is right nor that it samples at full size."
    return f"{shows} does not show that the model is right."


def _ending(error: Mapping[str, Any], status: str) -> str:
    message = " ".join(str(error.get("message") or "no message").split())
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + " ..."
    return _ENDED[status].format(
        stage=error.get("stage"),
        type=error.get("type"),
        message=message.rstrip("."),
        where=f" ({error['where']})" if error.get("where") else "",
    )


def _before_compiling(record: Mapping[str, Any]) -> str:
    """What is known of the gradient where compiling it came to no end."""
    gradient = record.get("gradient") or {}
    if record["error"].get("stage") != "compile" or "first_gradient" not in (record.get("timings") or {}):
        return ""
    bad = gradient["n_nan"] + gradient["n_inf"]
    found = f"has {bad} of {gradient['n']} elements that are not finite" if bad else "is finite"
    return f"Evaluated without compiling, the gradient at the start {found}."


def _slow(record: Mapping[str, Any]) -> str:
    timings = record.get("timings") or {}
    spent = " and ".join(
        f"{timings[key]:.4g} s to {words}" for key, words in _COSTS if finite(timings.get(key))
    )
    graph = ((record.get("model") or {}).get("graph") or {}).get("by_factor") or []
    largest = max(graph, key=lambda row: row.get("n_nodes") or 0, default=None)
    because = (
        f"; the largest part of its graph is `{largest['name']}` with {largest['n_nodes']} nodes"
        if largest
        else ""
    )
    return f"The status is SLOW_COMPILE: it took {spent}{because}. That is neither a hang nor a crash."
