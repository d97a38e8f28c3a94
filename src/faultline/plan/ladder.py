"""The ladder: the ordered groups for a case, derived from the signature of its ``build``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faultline.core.errors import InputError, shown
from faultline.plan.trial import Trial
from faultline.targets.case import Signature

APART = "taken_apart"
OWN_RUNS = {
    "as_yours": ("as_yours", "Sampled as you did"),
    "draws": ("draws_as_given", "The draws as given"),
}
"""Experiments on a run of the user's own: description and title of their groups."""
Rung = tuple[str, str, Trial]
_SIZE = re.compile(r"(?:group_(?P<number>[0-9]{1,9})_)?sampling_size_(?P<size>[0-9]{1,9})")


@dataclass(frozen=True)
class Group:
    """A name and a number for a trial, in the ladder of a suite."""

    number: int
    name: str
    title: str
    trial: Trial

    @property
    def target(self) -> str:
        return f"group_{self.number}"

    @property
    def label(self) -> str:
        """What the group is called while it runs."""
        return f"size_{self.trial.size}" if self.trial.size else self.target


def groups(
    signature: Signature,
    components: dict[str, bool] | None = None,
    sizes: Sequence[int] = (),
    outcomes: Mapping[str, str] | None = None,
    own_runs: Sequence[str] = (),
) -> list[Group]:
    """The groups of a case in order: build, gradient, sampling from the bare model up, latents frozen, then the sizes, then
    the user's own runs; a model without components is taken apart by itself. Of one with components the smallest that
    fails is taken apart, once it is known which: its group comes last.

    ``components`` is the failing configuration (default: the defaults of ``build``). A group that would only repeat
    another (one component alone when it is the only one, say) is left out. A group's number is its place in the ladder
    with every component on, so it stays whatever is switched off, and what is left out leaves a gap. ``sizes`` are the
    numbers of frames of the size ladder, numbered from there on. ``outcomes`` are those of groups that have one, by name.
    ``own_runs`` are the kinds of experiment on runs of the user's own.
    """
    failing = signature.choose_components(components)
    ladder = _ladder(signature, failing)
    if sizes:
        _check_loads(signature)
    ladder += [
        _of_size(size, n, failing) for n, size in enumerate(sizes, start=_first_size(signature, ladder))
    ]
    for kind in own_runs:
        number, (description, title) = _first_size(signature, ladder), OWN_RUNS[kind]
        trial = Trial(kind, {} if kind == "draws" else failing)
        ladder.append(Group(number, f"group_{number}_{description}", title, trial))
    if smallest := _smallest_failing(ladder, outcomes or {}):
        number, title = _first_size(signature, ladder), "The smallest failing model, taken apart"
        ladder.append(Group(number, f"group_{number}_{APART}", title, _apart(smallest.trial)))
    return ladder


def grows(signature: Signature, components: dict[str, bool] | None = None) -> bool:
    """Whether a group may be asked for that depends on outcomes: not where the model is taken apart anyway."""
    return any(signature.choose_components(components).values())


def _smallest_failing(ladder: Sequence[Group], outcomes: Mapping[str, str]) -> Group | None:
    """Of the groups that sample, and fail, the one with the least switched on, once all have ended; None where the ladder takes the model apart anyway."""
    sampled = [group for group in ladder if group.trial.kind == "sampling" and group.trial.size is None]
    if any(group.trial.kind == "apart" for group in ladder) or any(g.name not in outcomes for g in sampled):
        return None
    failing = [group for group in sampled if outcomes[group.name] == "fail"]
    return min(failing, key=lambda group: (sum(group.trial.components.values()), group.number), default=None)


def _apart(sampled: Trial) -> Trial:
    """Taking apart the model that a trial samples."""
    return Trial("apart", sampled.components, reads={"sampled": sampled})


def sampled_apart(ladder: Sequence[Group]) -> Trial:
    """The sampling of the model that is taken apart."""
    return next(group.trial.reads["sampled"] for group in ladder if group.trial.kind == "apart")


def _ladder(signature: Signature, failing: dict[str, bool]) -> list[Group]:
    """All groups but the sizes."""
    whole = _rungs(signature, dict.fromkeys(failing, True))
    numbers = {desc: n for n, (desc, *_) in enumerate(whole, start=1)}
    # With every component switched off the model is taken apart, which the ladder with all of them on has no place for.
    numbers.setdefault(APART, len(whole) + 1)
    return [
        Group(numbers[desc], f"group_{numbers[desc]}_{desc}", title, trial)
        for desc, title, trial in _rungs(signature, failing)
    ]


def _rungs(signature: Signature, failing: dict[str, bool]) -> list[Rung]:
    """What is asked of one configuration, in order: description, title, trial."""
    enabled = [name for name, on in failing.items() if on]
    labels = signature.labels
    bare, failing = dict.fromkeys(failing, False), dict(failing)
    title = "Baseline sampling, smallest model" if failing else "Sampling the model as it stands"
    rungs: list[Rung] = [
        ("build_only_sanity", "Build-only sanity", Trial("build", failing)),
        ("gradient_sanity", "Gradient sanity", Trial("gradient", failing)),
        ("sampling_baseline_minimal", title, Trial("sampling", bare)),
    ]
    if len(enabled) > 1:
        for name in enabled:
            title = f"Sampling, {labels[name].replace('_', ' ')} only"
            rungs.append((f"sampling_{labels[name]}_only", title, Trial("sampling", {**bare, name: True})))
    if enabled:
        rungs.append(("sampling_full_truncated", "Full model, truncated", Trial("sampling", failing)))
    if signature.latents:
        rungs.append(
            ("likelihood_only_freeze_latents", "Likelihood only, latents frozen", Trial("frozen", failing))
        )
    if not enabled:
        # Nothing is left to switch off: the model is taken apart by itself.
        rungs.append((APART, "The model taken apart", _apart(Trial("sampling", bare))))
    return rungs


def _first_size(signature: Signature, ladder: list[Group]) -> int:
    """The number of the first size: after the ladder with every component on, and after what this one has."""
    whole = _rungs(signature, dict.fromkeys(signature.components, True))
    return max(len(whole), ladder[-1].number) + 1


def same_model(ladder: list[Group]) -> Group:
    """The group that samples the failing configuration as truncated: the size ladder varies its number of frames."""
    return next(g for g in reversed(ladder) if g.trial.kind == "sampling" and g.trial.size is None)


def find_group(ladder: list[Group], wanted: str | int) -> Group:
    """The group with this number, full name or target (``group_3``)."""
    for group in ladder:
        if str(wanted) in (str(group.number), group.name, group.target):
            return group
    raise InputError(f"there is no group {shown(wanted)}; this case has {', '.join(g.name for g in ladder)}.")


def size_group(signature: Signature, components: dict[str, bool] | None, wanted: str | int) -> Group | None:
    """The group of one size by its name, ``sampling_size_200`` with a number before it or without; None for other names."""
    match = _SIZE.fullmatch(str(wanted))
    if not match:
        return None
    ladder = groups(signature, components)
    number = int(match["number"] or _first_size(signature, ladder))
    if taken := [group.name for group in ladder if group.number == number]:
        raise InputError(f"there is no group {wanted!r}: its number belongs to {taken[0]}.")
    if number < (first := _first_size(signature, ladder)):
        raise InputError(
            f"there is no group {wanted!r}: number {number} belongs to a group that these components leave out; "
            f"sizes start at group {first}."
        )
    _check_loads(signature)
    return _of_size(int(match["size"]), number, signature.choose_components(components))


def _of_size(size: int, number: int, failing: dict[str, bool]) -> Group:
    return Group(
        number=number,
        name=f"group_{number}_sampling_size_{size}",
        title=f"Full model, T {size}",
        trial=Trial("sampling", dict(failing), size),
    )


def _check_loads(signature: Signature) -> None:
    if signature.takes_dataset and signature.cuts:
        return
    lacks = "has no load_dataset(path, max_T, max_K)" if signature.takes_dataset else "takes no dataset"
    raise InputError(
        f"case {signature.ref} {lacks}, so its data cannot be cut to the sizes of a size ladder; leave groups.sizes empty."
    )
