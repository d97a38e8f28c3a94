"""What the rules share: the validated settings, the ladder, and the plan: a key for all that is asked. Nothing here measures."""

from snakemake.logging import logger

import re

from faultline.targets.case import read_signature
from faultline.core.record import DATASETS
from faultline.experiments import experiment
from faultline.plan.config import check_words, load
from faultline.core.errors import last_word
from faultline.plan.designs import design, groups
from faultline.plan.planned import Plan
from faultline.plan.requests import Planner
from faultline.plan.trials import study
from faultline.plan.two_sides import remembered, two_sides
from faultline.plan.suites import check_reported, choose_suite
from faultline.report.plots import PICTURES
from faultline.jobs.publish import check_run_id, group_request, summary_request, trials_request
from faultline.jobs.rounds import in_rounds, judged_record, round_of
from faultline.jobs.screen import show, so_far, trial_labels
from faultline.store.objects import KEY, Store
from faultline.store.suite import EMBEDDED, Suite, named, only_looking

SUPERVISOR_MB = 1000  # memory of a stage beside the process that limits.memory_mb bounds
try:
    STORE = Store()
except InputError as mistake:
    sys.exit(str(mistake))
# A job of a cluster reads this file as well. It is given its key, and asks for nothing.
ASKING = workflow.is_main_process


def planned(config):
    """Settings, folder, ladder, plan, whether the design grows, and the function that plans what more outcomes ask for, if they do.

    A mistake ends Snakemake with its sentence before anything runs.
    """
    check_words(sys.argv, config)
    if {"-t", "--touch"} & set(sys.argv):
        raise InputError(
            "--touch would mark outdated results as current; leave it out, because only stale results are made again anyway."
        )
    settings = load(config)
    case = read_signature(settings.case)
    sides = two_sides(case, settings, STORE)
    if sides:  # the groups are about the side that fails
        settings, case, about = sides.fails.settings, sides.fails.signature, sides.study
    else:
        about = study(case, settings)
    variants = case.choose_variants(settings.variants)
    grows = design(case).grows(case, settings.components)
    remedies = settings.limits.remedies if case.target == "model" else 0
    own_environments = "conda" in str(workflow.deployment_settings.deployment_method).lower()
    if own_environments and INSTALLED:
        raise InputError("--sdm conda needs a checkout of Faultline; leave it out.")
    environment = Path(CHECKOUT, "envs/measure.yaml") if own_environments else None
    suite, named_after = choose_suite(settings, case)
    looking = only_looking()
    if named_after:
        logger.info(named_after)
    asks = suite.occupy(looking)
    packing = any(word.split("=")[0] == "--report" for word in sys.argv)
    planner = Planner(STORE, settings, case, variants, environment, sides, tries_again=not packing)

    def asked(outcomes):
        return groups(case, settings.components, settings.groups.sizes, outcomes, settings.own_runs)

    def wanted(ladder):
        return named(sys.argv[1:], {group.target: group.name for group in ladder})

    def write(plan):
        if asks:
            labels = {group.measured: group.group.label for group in reversed(plan.groups.values())}
            planner.write(plan.labelled({**trial_labels(plan), **labels}))
            ask(suite, plan)
        STORE.digests.save()

    def further():
        ladder, plan = in_rounds(planner, STORE, asked, lambda ladder: [], grows, about, remedies, suite)
        write(plan)
        return ladder, plan

    again = wanted if settings.again and asks and not looking else lambda ladder: []
    ladder, plan = in_rounds(planner, STORE, asked, again, grows, about, remedies, suite)
    if packing:
        check_reported(suite, plan.summary)
    if settings.run_id:
        for name in wanted(ladder):
            check_run_id(suite, name, settings.run_id, plan.groups[name].measured, settings.overwrite)
    write(plan)
    if asks and not looking:
        suite.remember(settings.case, settings.dataset_of(case), remembered(case, settings, STORE))
    rounds = further if grows or about or remedies else None
    return settings, suite.folder, ladder, plan, grows, rounds, bool(remedies)


def next_round():
    """Plan what the outcomes so far ask for."""
    global LADDER, PLAN, WAITS
    tried = PLAN.remedies
    LADDER, PLAN = FURTHER()
    WAITS = waits()
    show(workflow, D, PLAN)
    if PLAN.remedies and not tried:
        for line in so_far(STORE):
            logger.info(line)


def of_trials(plan):
    """The keys of what the trials wait for."""
    return [*plan.trials.measured] if plan.trials else []


def of_all(plan):
    """The keys of what the next round waits for: trials and changes, and the groups where these decide what is tried."""
    groups = [group.judged for group in plan.groups.values()] if GROWS or CURING else []
    return [*groups, *of_trials(plan), *(plan.remedies.measured if plan.remedies else ())]


def waits():
    """Of which of these an outcome is missing after which more may be asked for."""
    if not FURTHER:
        return []
    known = {group.judged for group in PLAN.groups.values() if judged_record(STORE, Suite(D), group)}
    there = {key: key in known or STORE.contents(key) for key in of_all(PLAN)}
    return [awaited for awaited in (of_trials, of_all) if not all(there[key] for key in awaited(PLAN))]


def everything(awaited=of_all):
    """The plan; of a design that grows, and of trials, once they ask for no more. The trials alone do not wait for the groups.

    No checkpoint is asked for where all outcomes are there: for want of one alone Snakemake makes nothing again.
    """
    while awaited in WAITS:
        known = round_of(awaited(PLAN))
        ROUNDS[known] = awaited(PLAN)
        checkpoints.round.get(round=known)
        next_round()
        if round_of(awaited(PLAN)) == known:
            break
    return PLAN


def every_group():
    """The groups that are planned: all of them once a design that grows asks for no more."""
    return (everything() if GROWS else PLAN).groups


def ask(suite, plan):
    """Write down what the suite's fixed names are to show."""
    for name, group in plan.groups.items():
        suite.ask(name, group_request(group))
    suite.ask("summary", summary_request(plan))
    if plan.trials:
        suite.ask("trials", trials_request(plan.trials))
    for name, key in (("dataset", plan.look), ("size_ladder", plan.sizes)):
        if key:
            suite.ask(name, {"key": key})
    if plan.dataset:
        Suite(DATASETS).ask(plan.requests[plan.dataset]["name"], {"key": plan.dataset})


def request(key):
    """What is asked under a key: planned just now, or written down by the process that planned."""
    return PLAN.requests.get(key) or STORE.request(key)


def side_by_side(asked):
    """How many chains of a group that samples run at once: of a user's own run, as many as it has if it is nutpie's."""
    yours = asked.get("as_yours", {})
    if yours.get("nuts_sampler") == "nutpie":
        return yours.get("chains", 4)
    return (asked["sampler"] or {"chains": 1})["chains"]


def receipt(key):
    """The receipt of the stage that a key is asked of."""
    return STORE.receipt_path(request(key)["stage"], key)


def receipts(wildcards):
    """What a stage reads, by the receipts of the stages that make it."""
    return [receipt(key) for key in inputs(request(wildcards.key))]


def size_ladder_files(wildcards):
    """Reports and picture of the size ladder; asking for one without sizes is a mistake, though no other target's."""
    if not PLAN.sizes:
        sys.exit("config: groups.sizes is empty; give numbers of frames such as [80, 200, 500].")
    sizes = [group.name for group in LADDER if group.trial.size]
    return [*(f"{D}/report_{group}.html" for group in sizes), f"{D}/plots/size_ladder.png"]


def trial_files(wildcards):
    """The report of the trials; asking for one without trials is a mistake, though no other target's."""
    if not PLAN.trials:
        sys.exit("config: trials is not set, or the case has no choice to switch; set trials=variants.")
    return [f"{D}/report_trials.html"]


PLAN = Plan()
LADDER, D, GROWS, FURTHER, CURING = [], "", False, None, False
if ASKING:
    try:
        SETTINGS, D, LADDER, PLAN, GROWS, FURTHER, CURING = planned(config)
        show(workflow, D, PLAN)
    except Exception as error:
        _sentence, _trace = last_word(error)
        if _trace:
            print(_trace, file=sys.stderr)
        sys.exit(_sentence)
    # The name of a run is used when something is published and is never a reason to publish: so it is no param.
    os.environ.update(
        FAULTLINE_RUN_ID=SETTINGS.run_id or "", FAULTLINE_OVERWRITE="yes" if SETTINGS.overwrite else ""
    )
LOOK_AT_DATASET = [f"{D}/results/dataset.json", f"{D}/plots/dataset/dataset.png"] if PLAN.look else []


ROUNDS = {}  # the keys that each waits for
WAITS = waits()


wildcard_constraints:
    key=KEY,
    group=r"group_[0-9]+_[^/]+" if GROWS else "|".join(map(re.escape, PLAN.groups)) or "none",
