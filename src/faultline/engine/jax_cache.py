"""JAX as Faultline uses it: a model in float64, with a cache of compiled code whose entries cannot be taken for one another.

JAX keeps an entry under the hash of what was compiled and believes the name of its file. Here each entry begins with a
digest of its name and content. One that does not fit is removed and compiled anew.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any

SUFFIX = "-sealed"  # entries that JAX wrote by itself stay apart, whoever shares the folder
_LENGTH = hashlib.sha256().digest_size


def prepare() -> None:
    """Set JAX up for a model: in float64, before anything is compiled."""
    import jax

    jax.config.update("jax_enable_x64", True)
    seal()


@functools.cache
def seal() -> None:
    """See to it that entries of the cache are checked, once in a process; the precision stays what it is."""
    import jax

    try:
        from jax._src.lru_cache import LRUCache

        _seal(LRUCache)
    except (ImportError, AttributeError):  # another JAX: what cannot be checked is not used
        jax.config.update("jax_enable_compilation_cache", False)


def _seal(cache: Any) -> None:
    put, get = cache.put, cache.get

    def sealed_put(self: Any, key: str, value: bytes) -> None:
        put(self, key + SUFFIX, _digest(key, value) + value)

    def sealed_get(self: Any, key: str) -> bytes | None:
        found = get(self, key + SUFFIX)
        if found is None:
            return None
        digest, value = found[:_LENGTH], found[_LENGTH:]
        if digest == _digest(key, value):
            return value
        for path in self.path.glob(f"{key}{SUFFIX}-*"):
            path.unlink(missing_ok=True)
        return None

    cache.put, cache.get = sealed_put, sealed_get


def _digest(key: str, value: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + value).digest()
