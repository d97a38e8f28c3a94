"""The requests of a suite: one for each stage of each group, under keys that name what is asked and never what it is called.

A stage's key is made of the keys that it reads, its own import closure and what else decides its result. A measurement's
holds the target, its toggles, data, seed, sampler and budget, and no run id, suite, group number or title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from faultline.core.commits import Commit
from faultline.core.errors import InputError, shown
from faultline.criteria.remedies import Asked, Proposal
from faultline.criteria.trials.runs import Study, Wanted
from faultline.experiments import EXPERIMENTS
from faultline.experiments.stage_order import BEFORE
from faultline.plan.config import Config
from faultline.plan.ladder import Group, same_model, sampled_apart
from faultline.plan.notes import Notes
from faultline.plan.pipeline import jobs
from faultline.plan.planned import Plan, Planned, PlannedRemedies, PlannedTrials, jobs_before
from faultline.plan.remedies import trial as remedy_trial
from faultline.plan.stage_keys import (
    DESCRIBE_DATASET,
    JUDGE,
    JUDGE_REMEDIES,
    JUDGE_TRIALS,
    MAKE_DATASET,
    MEASURE,
    PLOT,
    PLOT_SIZES,
    PLOT_TRIALS,
    SAMPLE,
    code_digest,
    environment,
    group_key,
    inputs_digests,
    sources_digest,
    summary_key,
    trials_key,
)
from faultline.plan.trial import Trial
from faultline.plan.trials import NO_DATA, as_json
from faultline.plan.trials import trial as requested
from faultline.plan.two_sides import TwoSides
from faultline.store.keys import digest, versions
from faultline.store.objects import Store
from faultline.targets import bundled
from faultline.targets.case import Signature, read_signature


class Planner:
    """Makes requests and their keys.

    Parameters
    ----------
    store
        Where earlier measurements have left notes that belong to a key.
    environment
        What decides the versions of the interpreter that runs a job: a file of a conda environment; by default the
        versions of this one.
    sides
        Two scenarios that are compared; settings and signature are then those of the one that fails.
    tries_again
        As in `plan.notes.Notes`.
    """

    def __init__(
        self,
        store: Store,
        settings: Config,
        signature: Signature,
        variants: Mapping[str, str],
        environment: Path | None = None,
        sides: TwoSides | None = None,
        tries_again: bool = True,
    ):
        self._store, self._settings, self._signature = store, settings, signature
        self._variants = dict(variants)
        self._versions = {"environment": store.digests.of(environment)} if environment else versions()
        self._code: dict[tuple[str, str | None], str] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self._notes = Notes(store, tries_again)
        self._dataset = self._data()
        self._sides = sides
        self._revisions: dict[str, tuple[Signature, dict[str, Any]]] = {}
        if sides is None or sides.fails.commit is None:
            self._revisions[""] = signature, self._target(settings.case, signature)

    def plan(
        self,
        ladder: Sequence[Group],
        again: Sequence[str] = (),
        study: Study | None = None,
        wanted: Sequence[Wanted] = (),
        remedies: tuple[Proposal, Sequence[Asked]] | None = None,
    ) -> Plan:
        """Everything that a suite with these groups asks for; ``again`` names groups to be measured again.

        ``wanted`` are the runs that the trials of ``study`` ask for, ``remedies`` the changes that may cure, and their runs.
        """
        groups = {group.name: self.group(group, ladder, again=group.name in again) for group in ladder}
        plan = Plan(groups=groups, requests=self.requests)
        sizes = [group for group in ladder if group.trial.size]
        if sizes:
            records = [groups[group.name].judged for group in (same_model(list(ladder)), *sizes)]
            plan.sizes = self._ask(
                {"stage": PLOT_SIZES, "records": records, "code": self._closure(PLOT_SIZES)}
            )
        if self._dataset and "key" in self._dataset:
            plan.dataset = self._dataset["key"]
        if self._dataset and bundled.datasets(self._signature.ref):
            plan.look = self._of_case(DESCRIBE_DATASET, self._signature.ref, dataset=self._dataset)
        if study is not None:
            plan.trials = self._trials(study, wanted)
        if remedies and remedies[1]:
            plan.remedies = self._remedies(ladder, *remedies)
        judged = {name: planned.judged for name, planned in groups.items()}
        about = plan.trials and plan.trials.judged, plan.remedies and plan.remedies.judged
        plan.summary = summary_key(judged, plan.sizes, self._store, *about)
        return plan

    def _trials(self, study: Study, wanted: Sequence[Wanted]) -> PlannedTrials:
        measured: dict[str, list[Wanted]] = {}
        left_out: dict[Wanted, str] = {}
        commits = self._sides.commits if self._sides else {}
        for each in (part for one in wanted for part in one.apart(study)):
            trial = requested(each, self._signature, commits)
            try:
                measured.setdefault(self._measurement(trial), []).append(each)
            except InputError as mistake:
                if trial.revision is None:
                    raise
                left_out[each] = str(mistake)
        pairs = [(key, each) for key, purposes in measured.items() for each in purposes]
        judged = self._ask(
            {
                "stage": JUDGE_TRIALS,
                "records": [key for key, _ in pairs],
                "trials": [
                    {"configuration": dict(each.configuration), "larger": each.larger} for _, each in pairs
                ],
                "left_out": [
                    {
                        "configuration": dict(each.configuration),
                        "larger": each.larger,
                        "seeds": list(each.seeds),
                        "why": why,
                    }
                    for each, why in left_out.items()
                ],
                "study": as_json(study),
                "code": self._closure(JUDGE_TRIALS),
            }
        )
        plotted = self._ask({"stage": PLOT_TRIALS, "record": judged, "code": self._closure(PLOT_TRIALS)})
        return PlannedTrials(measured, left_out, judged, plotted, trials_key(judged, plotted, self._store))

    def _remedies(
        self, ladder: Sequence[Group], proposal: Proposal, wanted: Sequence[Asked]
    ) -> PlannedRemedies:
        base = sampled_apart(ladder)
        if proposal.least_chains > self._settings.sampler.chains:
            more = {**base.change.sampler, "chains": proposal.least_chains}
            base = replace(base, change=replace(base.change, sampler=more))
        seconds = min(self._settings.limits.total, self._settings.limits.apart)
        measured = {
            self._measurement(remedy_trial(each, base, self._settings.seed, seconds)): each for each in wanted
        }
        judged = self._ask(
            {
                "stage": JUDGE_REMEDIES,
                "records": list(measured),
                "remedies": [{"remedy": each.remedy.text, "more": each.more} for each in measured.values()],
                "left_out": [each.text for each in proposal.left_out],
                "code": self._closure(JUDGE_REMEDIES),
            }
        )
        return PlannedRemedies(measured, judged)

    def write(self, labels: Mapping[str, str]) -> None:
        """Write all that is asked into the store. ``labels``: what to call a key while it is at work."""
        for request in self.requests.values():
            if idata := request.get("idata"):
                self._store.remember_place(idata["sha256"], self._settings.idata)
        self._notes.write()
        for key, request in self.requests.items():
            self._store.ask(request, labels.get(key))

    def group(self, group: Group, ladder: Sequence[Group], again: bool = False) -> Planned:
        """The requests of one group of a ladder."""
        trial = group.trial
        labels = {
            name: next((g.label for g in ladder if g.trial == other), name)
            for name, other in trial.reads.items()
        }
        first = {key: labels[name] for name, key in self._read_by(trial).items()}
        measured = self._measurement(trial, again)
        first |= dict.fromkeys(jobs_before(measured, self.requests), group.label)
        name = {"name": group.name, "number": group.number, "title": group.title, "size": trial.size}
        reference = self._signature.reference.get(f"sampling_size_{trial.size}" if trial.size else group.name)
        judged = self._ask(
            {
                "stage": JUDGE,
                "record": measured,
                "group": name,
                "reference": reference,
                "code": self._closure(JUDGE),
            }
        )
        # The pictures of a model taken apart show the suspects that the rules name; the others show what was measured.
        plotted = self._ask(
            {
                "stage": PLOT,
                "record": judged if trial.experiment.shows_suspects else measured,
                "draws": measured if trial.experiment.samples else None,
                "group": name,
                "code": self._closure(PLOT),
            }
        )
        published = group_key(judged, plotted, self._store)
        stage = SAMPLE if trial.experiment.samples else MEASURE
        return Planned(group, stage, measured, judged, plotted, published, first)

    def _read_by(self, trial: Trial) -> dict[str, str]:
        """The keys of the measurements that a trial reads."""
        return {name: self._measurement(other) for name, other in trial.reads.items()}

    def _measurement(self, trial: Trial, again: bool = False) -> str:
        settings, asked, change = self._settings, trial.experiment, trial.change
        signature, target = self._at(trial.revision)
        dataset = self._dataset if trial.dataset is None else self._data(trial.dataset)
        cuts = signature.cuts and dataset is not None
        variants = {**self._variants, **change.variants}
        if trial.revision is not None:
            variants = signature.choose_variants(change.variants)
        if asked.given and settings.idata:
            # Draws are a target of their own: the request is that of draws alone.
            target, dataset, variants, cuts = self._given(settings.idata), None, change.variants, False
        seeds = trial.seeds or tuple(range(settings.seed, settings.seed + trial.replicates))
        others = {name for other in EXPERIMENTS for name in other.limits} - set(asked.limits) | {"remedies"}
        limits = {name: value for name, value in asdict(settings.limits).items() if name not in others}
        scenario = (trial.scenario or settings.scenario_of(signature)) if signature.stages else None
        request = {
            "stage": SAMPLE if asked.samples else MEASURE,
            "kind": trial.kind,
            **target,
            "code": self._closure(MEASURE, trial.kind),
            "components": dict(trial.components)
            if trial.revision is None
            else signature.choose_components(trial.components),
            "variants": dict(variants),
            "dataset": dataset,
            "max_T": trial.size or (settings.groups.max_T if cuts else None),
            "max_K": settings.groups.max_K if cuts else None,
            "seed": seeds[0],
            "sampler": {**asdict(settings.sampler), **change.sampler}
            if asked.samples and not (asked.given or asked.yours)
            else None,
            "freeze": asdict(settings.groups.freeze) if asked.holds else None,
            "limits": {**limits, **trial.limits},
            **change.to_model(),
        }
        if asked.yours:
            yours = settings.as_yours.given() if settings.as_yours else {}
            request["as_yours"] = {**yours, **change.sampler}
        if asked.looks_at_draws and settings.idata:
            request["idata"] = {"sha256": self._store.digests.of(settings.idata)}
        if signature.stages:
            request["explain"] = trial.explain
            request["scenario"] = scenario
            if request["scenario"] not in (None, *signature.scenarios):
                raise InputError(f"case {signature.ref} has no scenario {shown(request['scenario'])}.")
            request |= {"inputs": found} if (found := inputs_digests(signature, self._store)) else {}
        if len(seeds) > 1:
            if not asked.replicates:
                raise ValueError(f"an experiment of kind {trial.kind!r} makes no replicates")
            request["seeds"] = list(seeds)
        if "revision" in target and trial.revision is not None:
            request["revision"] = {**target["revision"], "passing": True}
        if trial.screens:
            request["screens"] = True
        if trial.reads:
            request["reads"] = self._read_by(trial)
        if signature.stages:
            return self._in_jobs(request, signature, again)
        return self._ask(self._notes.applied(request, again))

    def _in_jobs(self, request: dict[str, Any], signature: Signature, again: bool) -> str:
        """The key of a measurement of stages, of which some are jobs of their own."""
        key = ""
        for each in jobs(request, signature, self._signature.literals.get("RESOURCES", {})):
            reads = {"reads": {BEFORE: key}} if key else {}
            key = self._ask(self._notes.applied({**each, **reads}, again))
        return key

    def _at(self, revision: Commit | None) -> tuple[Signature, dict[str, Any]]:
        """The case at a revision, by default the suite's, and the part of a request that says which it is."""
        commit = revision or (self._sides and self._sides.fails.commit) or Commit()
        if commit.hash not in self._revisions:
            case, about = self._settings.case, {}
            if commit.hash:
                case, about = self._sides.at(commit, self._store.revisions)
            signature = read_signature(case)
            self._revisions[commit.hash] = signature, {**self._target(case, signature), **about}
        return self._revisions[commit.hash]

    def _target(self, case: str, signature: Signature) -> dict[str, Any]:
        about = {"environment": found} if (found := environment(signature)) else {}
        return {
            "case": case,
            "sources": sources_digest(signature, self._store),
            "versions": self._versions,
            **about,
        }

    def _given(self, idata: str) -> dict[str, Any]:
        return self._target(idata, read_signature(idata))

    def _data(self, named: str | None = None) -> dict[str, Any] | None:
        """The dataset, by default the suite's: its path and its content, or the key of the bundled one that has to be made."""
        settings = self._settings if named is None else replace(self._settings, dataset=named)
        path = None if named == NO_DATA else settings.dataset_of(self._signature)
        if not path:
            return None
        name = settings.dataset_named(self._signature)
        if case := bundled.owner(name):
            return {"path": path, "key": self._of_case(MAKE_DATASET, case, name=name)}
        return {"path": path, "sha256": self._store.digests.of(path)}

    def _of_case(self, stage: str, case: str, **about: Any) -> str:
        """The key of what a bundled case does by a module of its own."""
        return self._ask({"stage": stage, "case": case, **about, "code": self._closure(stage, case)})

    def _closure(self, stage: str, of: str | None = None) -> str:
        if (stage, of) not in self._code:
            self._code[stage, of] = code_digest(stage, self._store, of)
        return self._code[stage, of]

    def _ask(self, request: dict[str, Any]) -> str:
        key = digest(request)[:32]
        self.requests[key] = request
        return key
