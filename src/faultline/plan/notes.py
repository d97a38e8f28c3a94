"""What earlier measurements have taught about a request, which makes another request of it."""

from __future__ import annotations

from typing import Any

from faultline.store.keys import digest
from faultline.store.objects import Store
from faultline.targets.opened import content


class Notes:
    """The notes of a store, as they were when a run first asked for them.

    What a run itself notes is for the next command: a later round of the same run asks for the same.

    Parameters
    ----------
    tries_again
        Whether what an accident has ended is asked for once more. Who only looks at results asks for those that there are.
    """

    def __init__(self, store: Store, tries_again: bool = True):
        self._store, self._tries_again = store, tries_again
        self._counts: dict[str, int] = {}
        self._first: dict[str, dict[str, Any]] = {}

    def applied(self, request: dict[str, Any], again: bool = False) -> dict[str, Any]:
        """The request with how often it was asked for again; one more try after an accident; and files that the model opened, where
        their content is another than it was then.
        """
        key = digest(request)[:32]
        if again or key not in self._first:
            self._first[key] = self._changed(key, request, again)
        return self._first[key]

    def _changed(self, key: str, request: dict[str, Any], again: bool) -> dict[str, Any]:
        count = self._counts.get(key, self._store.notes(key).get("again", 0))
        if again:
            count += 1
            self._counts[key] = count
        if count:
            request = {**request, "again": count}
        while True:
            notes = self._store.notes(digest(request)[:32])
            once_more = {**request, "after_accident": True}
            tries = notes.get("accident") and once_more != request
            if tries and (self._tries_again or self._store.contents(digest(once_more)[:32])):
                request = once_more
                continue
            before = notes.get("opened") or {}
            now = {path: content(path, self._store.digests.of) for path in before}
            named = request.get("opened", {})
            if now == before or now.items() <= named.items():
                return request
            request = {**request, "opened": {**named, **now}}

    def write(self) -> None:
        """Note how often requests were asked for again."""
        for key, count in self._counts.items():
            self._store.note(key, again=count)
