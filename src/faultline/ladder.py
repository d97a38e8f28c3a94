"""The ladder: the ordered groups for a case, derived from the signature of its ``build``."""

from __future__ import annotations

from dataclasses import dataclass

from faultline.case import Signature
from faultline.errors import InputError

KINDS = ("build", "gradient", "sampling", "frozen")


@dataclass(frozen=True)
class Group:
    """One diagnostic experiment.

    ``components`` is what is switched on in it; ``added`` names the component that it switches on alone, if it does.
    """

    number: int
    name: str
    kind: str
    title: str
    components: dict[str, bool]
    added: str | None = None

    @property
    def target(self) -> str:
        return f"group_{self.number}"

    @property
    def samples(self) -> bool:
        return self.kind in ("sampling", "frozen")


def groups(signature: Signature, components: dict[str, bool] | None = None) -> list[Group]:
    """The groups of a case in order: build, gradient, sampling from the bare model up, latents frozen.

    ``components`` is the failing configuration (default: the defaults of ``build``). A group that would only repeat
    another (one component alone when it is the only one, say) is left out.
    """
    failing = signature.choose_components(components)
    enabled = [name for name, on in failing.items() if on]
    labels = signature.labels
    bare = dict.fromkeys(failing, False)
    rungs: list[tuple] = [
        ("build_only_sanity", "build", "Build-only sanity", failing, None),
        ("gradient_sanity", "gradient", "Gradient sanity", failing, None),
        ("sampling_baseline_minimal", "sampling", "Baseline sampling, smallest model", bare, None),
    ]
    if len(enabled) > 1:
        for name in enabled:
            title = f"Sampling, {labels[name].replace('_', ' ')} only"
            rungs.append((f"sampling_{labels[name]}_only", "sampling", title, {**bare, name: True}, name))
    if enabled:
        added = enabled[0] if len(enabled) == 1 else None
        rungs.append(("sampling_full_truncated", "sampling", "Full model, truncated", failing, added))
    if signature.latents:
        rungs.append(
            ("likelihood_only_freeze_latents", "frozen", "Likelihood only, latents frozen", failing, None)
        )
    return [
        Group(n, f"group_{n}_{desc}", kind, title, dict(parts), added)
        for n, (desc, kind, title, parts, added) in enumerate(rungs, start=1)
    ]


def find_group(ladder: list[Group], wanted: str | int) -> Group:
    """The group with this number, full name or target (``group_3``)."""
    for group in ladder:
        if str(wanted) in (str(group.number), group.name, group.target):
            return group
    raise InputError(f"there is no group {wanted!r}; this case has {', '.join(g.name for g in ladder)}.")
