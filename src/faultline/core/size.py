"""The size of a model: whether its data were cut, and how a user makes it smaller.

Only a case's own ``load_dataset`` knows what ``max_T`` and ``max_K`` mean: a request has them where it is called.
"""

from __future__ import annotations


def is_cut(max_T: int | None, max_K: int | None) -> bool:
    """Whether the case was asked for a part of its data."""
    return max_T is not None or max_K is not None


def smaller(max_T: int | None, max_K: int | None) -> str:
    """What to do about a model that is too large, in the imperative."""
    if is_cut(max_T, max_K):
        return "use less data (groups.max_T, groups.max_K)"
    return "make the model smaller (less data, fewer parameters)"
