"""A configuration: what every toggle is set to."""

from __future__ import annotations

from collections.abc import Mapping

Configuration = tuple[tuple[str, str], ...]
"""Pairs of a toggle and its choice, sorted by toggle: a key of a mapping, whatever the order in which the toggles were given."""


SCENARIO = "scenario"
"""The scenario of a pipeline, as it stands among the toggles of a configuration."""
DATASET = "dataset"
"""The data of a model, as they stand among its toggles where two scenarios are compared."""


def configuration(choices: Mapping[str, str] | Configuration) -> Configuration:
    """The configuration of a mapping from toggle to choice.

    What else tells one configuration from another (the scenario, the data, a revision of the code) may stand in it in the same way.
    """
    return tuple(sorted(dict(choices).items()))


def changed(base: Configuration, changes: Mapping[str, str] | Configuration) -> Configuration:
    """``base`` with other choices."""
    return configuration({**dict(base), **dict(changes)})


def differences(base: Configuration, other: Configuration) -> Configuration:
    """The choices of ``other`` that ``base`` does not have: ``changed(base, differences(base, other))`` is ``other``."""
    return tuple(pair for pair in other if pair not in base)
