"""A fault in one line, in a modeller's words: ``geometry: a funnel: `tau` sets the scale of `theta```."""

from __future__ import annotations

from faultline.core.sections.section import Row
from faultline.diagnosis.suspects import Suspect
from faultline.findings import case_checks
from faultline.findings.finding import SCORE_UNDECIDED
from faultline.findings.geometry import NO_REASON
from faultline.findings.parts import CORE, DESCRIBED, OBSERVATION, RUN, SIZE, UNKNOWN

KINDS = {
    "a": "geometry",
    "b": "data or priors",
    "c": "a bug",
    "d": "cost of compiling",
    "s": "settings",
    "h": "a broken run",
}
"""Kind of cause -> its name at the head of a line; ``findings.words.CAUSES`` says it in full."""

PATTERNS = {
    "arguments_sound": "{note}",
    "backends_agree": "PyTensor and JAX disagree on the gradient of {names}",
    "bends": "a funnel: {first} sets the scale of {second}",
    "change_of_variables": "a missing log-Jacobian in {names}",
    "criterion_holds": "{note}",
    "cliffs": "an abrupt edge of {names} close to the draws",
    "contract_kept": "{note}",
    "counts_whole": "counts that are not whole numbers, in {names}",
    "custom_ops": "a custom Op without a gradient, in {names}",
    "data_all_read": "{names} reads a minibatch, which NUTS cannot sample",
    "data_counted_once": "total_size counts the data of {names} more than once",
    "data_finite": "data that are not finite, in {names}",
    "data_in_support": "data that the distribution of {names} cannot produce",
    "data_present": "no data in {names}",
    "data_uncoded": "a code for missing data, treated as a measurement in {names}",
    "density_normalised": "a missing term in {names}, which is no density without it",
    "discrete_steps": "the steps that update the discrete {names} mix badly",
    "finite_difference_error": "the gradient of {names} is wrong",
    "finite_at_draws": "the log-probability or its gradient is not finite where your draws are",
    "finite_gradient": "the gradient of {names} is not finite at the start",
    "finite_nearby": "the log-probability or its gradient is not finite close to the start",
    "finite_terms": "a log-probability that is not finite at the start, in {names}",
    "finite_total": "the log-probability is not finite at the start",
    "gradient_connected": "the gradient does not reach {names}",
    "graph_cost": "the graph of {names} takes long to differentiate and compile",
    "holding": "a ridge: only a combination of {names} is identified",
    "indices_in_bounds": "an index in {names} is out of bounds",
    "integers_fit": "integer arithmetic on the data of {names} wraps around",
    "likelihood_peaks": "the likelihood has no maximum in {names}",
    "logp_deterministic": "the log-probability of {names} is random",
    "modes": "several modes in {names}",
    "oracle_agrees": "{note}",
    "one_term_per_datum": "the shape of {names} compares every datum with every mean",
    "parameters_in_domain": "priors that put a parameter of {names} outside its domain",
    "positive_definite": "a covariance matrix that is not positive definite, in {names}",
    "posterior_exists": "the log-probability of {names} rises without limit",
    "posterior_integrates": "nothing constrains {names}",
    "posterior_proper": "nothing in the model reads {names}, and the prior is flat",
    "predictors_uncoded": "a code for missing data in a predictor of {names}",
    "prior_agrees": "the prior of {names} conflicts with the data",
    "run_starts": "pm.sample does not start",
    "slope_not_zero": "a gradient of exactly 0 where {names} changes",
    "stages_run": "{note}",
    "start_exists": "no start with a finite log-probability, because of {names}",
    "start_in_domain": "a start outside the domain of {names}",
    "support_kept": "a truncation without its normalizing constant, in {names}",
    "term_evaluates": "the log-probability of {names} cannot be evaluated",
    "terms_counted_once": "the same evidence counted twice, in {names}",
    "truth_coverage": "the posterior misses the true values",
}
"""Check that failed -> the fault that it shows; ``{names}`` are the parts that the suspect names, or some of them in their order,
and ``{note}`` is what the check says."""


def headline(suspect: Suspect) -> str:
    """The fault that this suspect stands for; one that nothing confirms is said with a perhaps."""
    said = _said(suspect)
    if kind := KINDS.get(suspect.cause_class):
        said = f"{kind}: {said}"
    open_still = suspect.score <= SCORE_UNDECIDED and suspect.names not in ((UNKNOWN,), (SIZE,))
    return f"perhaps {said}" if open_still else said


def _said(suspect: Suspect) -> str:
    names, shown = suspect.names, suspect.evidence[0]
    if suspect.by == "ladder":
        inside = f"; perhaps {_said(suspect.inside)}" if suspect.inside else ""
        return _of_the_ladder(suspect) + inside
    if names == (UNKNOWN,):
        return "the model fails, and no part of it is isolated"
    if names == (RUN,):
        return "the run was ended from outside"
    if shown["check"] in case_checks.names(suspect.record):
        return f"{parts(names)}: {shown['note']}"
    about = {
        "names": parts(names),
        "first": f"`{names[0]}`",
        "second": f"`{names[-1]}`",
        "note": shown["note"],
    }
    return _pattern(shown, names).format(**about)


def _of_the_ladder(suspect: Suspect) -> str:
    names = suspect.names
    if names == (CORE,):
        return "the core of the model fails with every component off"
    if names == (OBSERVATION,):
        return "the observation model fails with the latent variables held"
    if names == (SIZE,):
        return "the model fails only when it is large"
    if suspect.record.kind == "frozen":
        return f"{parts(names)} does not mix with the latent variables held"
    if len(names) == 1:
        return f"{parts(names)} makes the sampler fail"
    return f"{parts(names)} together make the sampler fail"


def _pattern(shown: Row, names: tuple[str, ...]) -> str:
    if shown["check"] == "holding" and NO_REASON in shown["note"]:
        return "with {names} held fixed, the rest samples well"
    if shown["check"] == "holding" and len(names) == 1:
        return "a ridge: only a combination of the elements of {names} is identified"
    return PATTERNS.get(shown["check"], "{names} fails")


def parts(names: tuple[str, ...]) -> str:
    """Names of the model in backticks; what only words describe as words."""
    return " and ".join(DESCRIBED.get(name, f"`{name}`") for name in names)
