"""The cache of compiled code: an entry under another's name is not believed."""

import os
import subprocess
import sys

from measure_toys import ENVIRONMENT

from faultline.engine.backend import plan_environment

COMPILE = """
import sys, jax, jax.numpy as jnp
from faultline.engine import jax_cache
jax_cache.prepare()
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
print(float(jax.jit(lambda x: x * {factor})(jnp.asarray(1.0))))
"""


def compiled(folder, factor: float) -> float:
    environment = {
        **ENVIRONMENT,
        **plan_environment(folder),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    environment["JAX_COMPILATION_CACHE_DIR"] = str(folder / "jax")
    words = [sys.executable, "-c", COMPILE.format(factor=factor)]
    return float(subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout)


def entries(folder) -> dict:
    return {path: path.stat().st_mtime_ns for path in (folder / "jax").glob("*lambda*-cache")}


def test_swapped_entries_are_compiled_anew(tmp_path):
    assert compiled(tmp_path, 2.0) == 2.0
    (first,) = entries(tmp_path)
    assert compiled(tmp_path, 3.0) == 3.0
    (second,) = set(entries(tmp_path)) - {first}
    kept = entries(tmp_path)
    assert compiled(tmp_path, 2.0) == 2.0 and entries(tmp_path) == kept, "an entry that fits is used"

    aside = first.with_name("aside")
    os.replace(first, aside)
    os.replace(second, first)
    os.replace(aside, second)
    assert compiled(tmp_path, 2.0) == 2.0
    assert compiled(tmp_path, 3.0) == 3.0


def test_damaged_entries_are_compiled_anew(tmp_path):
    assert compiled(tmp_path, 2.0) == 2.0
    (entry,) = entries(tmp_path)
    for content in (b"", entry.read_bytes()[:-10], bytes(entry.stat().st_size)):
        entry.write_bytes(content)
        assert compiled(tmp_path, 2.0) == 2.0
