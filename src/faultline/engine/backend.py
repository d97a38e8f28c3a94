"""Compiling a model's graphs: which PyTensor backend, what to fall back on, where the caches live.

JAX compiles in seconds: the *look* at a model, and the samplers that run inside XLA, use it. numba compiles for a minute
or two: samplers outside XLA use it. What a backend cannot compile (an Op without a conversion, a shape that is not
static) falls back to the next one, at last to PyTensor's plain Python linker, which runs every Op; the record says
which was used and why. None of the three needs a C compiler.

Importing this module imports neither PyTensor nor PyMC, so that a supervisor can plan a child's environment.
"""

from __future__ import annotations

import functools
import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine import jax_cache
from faultline.engine.layout import Layout
from faultline.engine.precision import ASKED, DOUBLE

if TYPE_CHECKING:
    import pymc as pm

LOOK = "JAX"
SAMPLE = "NUMBA"
PLAIN = "PYTHON"
FALLBACKS = {LOOK: (LOOK, PLAIN), SAMPLE: (SAMPLE, PLAIN), PLAIN: (PLAIN,)}

SUMS_GATHERED = 49.0
"""Position among PyTensor's rewrites: after those that gather sums."""

JAX_CACHE_BYTES = 2**30
"""JAX drops the entries that were used least recently; one takes a hundred kilobytes."""

Stage = Callable[[str], None]
"""Called with the name of a stage as it begins: ``wait``, ``graph``, ``compile``, ``first``, ``steady``."""


def no_stage(name: str) -> None:
    """The default for `on_stage`: nobody is listening."""


def cache_directory() -> Path:
    """Where compiled functions are kept: ``$FAULTLINE_CACHE``, else ``~/.cache/faultline``."""
    return Path(os.environ.get("FAULTLINE_CACHE") or Path.home() / ".cache" / "faultline").expanduser()


def plan_environment(cache: Path | None = None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Environment variables for a child process that compiles and samples.

    Both caches are for all processes and models: most of what numba compiles is the same from one model to the next, and
    `alone_with_numba` keeps two processes from writing at once. Entries of JAX's are checked (`faultline.engine.jax_cache`). Chains run
    side by side: BLAS gets one thread each, and JAX computes in the thread that calls, since its queue would let
    chains run in turns. PyTensor uses no C compiler, so that every machine takes the same path. NUMBA_OPT=1 compiles a sixth faster than the default 3, and the code is as
    fast. What the caller's environment already sets is kept, but for the precision.
    """
    cache = cache or cache_directory()
    given = [flag for flag in environ.get("PYTENSOR_FLAGS", "").split(",") if flag]
    flags = [flag for flag in given if not flag.startswith("floatX=")]
    asked = [flag.removeprefix("floatX=") for flag in given if flag not in flags]
    for name, value in (("base_compiledir", cache / "pytensor"), ("cxx", "")):
        if not any(flag.startswith(f"{name}=") for flag in flags):
            flags.append(f"{name}={value}")
    planned = {
        "JAX_PLATFORMS": "cpu",
        "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false",
        "JAX_COMPILATION_CACHE_DIR": str(cache / "jax"),
        "JAX_COMPILATION_CACHE_MAX_SIZE": str(JAX_CACHE_BYTES),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.02",
        "NUMBA_OPT": "1",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
    kept = {name: environ[name] for name in planned if name in environ}
    other = {ASKED: asked[-1]} if asked and asked[-1] != DOUBLE else {}
    return {**planned, **kept, **other, "PYTENSOR_FLAGS": ",".join([*flags, f"floatX={DOUBLE}"])}


@contextmanager
def alone_with_numba(on_stage: Stage = no_stage) -> Iterator[None]:
    """Let one process at a time fill numba's cache; `on_stage` hears ``wait`` if another one is at it.

    Two processes that save different variants of one function at the same moment can leave an index that names the
    other's machine code. And waiting is cheaper than compiling the same functions beside each other: after one model the
    next takes a quarter of the time. The lock goes with the process that holds it, however that ends.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    from pytensor import config

    folder = Path(config.base_compiledir)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "numba.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_stage("wait")
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:  # a file system without locks: as good as no lock
            pass
        yield


def compile_mode(backend: str) -> Any:
    """The PyTensor mode of `backend`: a name PyTensor knows, or the mode of the plain Python linker."""
    return _plain_mode() if backend == PLAIN else backend


def without_compiler(**flags: Any) -> Any:
    """A context in which PyTensor uses no C compiler, even where there is one: results must not depend on the machine.

    Without it the plain linker would compile the inner graphs of loops and symbolic Ops with C, for minutes.
    """
    from pytensor import config

    return config.change_flags(cxx="", **flags)


@contextmanager
def briskly() -> Iterator[None]:
    """While graphs are made: no collecting of garbage, and no note of where each new node was made.

    Thousands of small objects are made that live until the end; both would cost a fifth of it. Nodes that the user's own
    code made keep their note.
    """
    from pytensor import config

    collecting = gc.isenabled()
    gc.disable()
    try:
        with config.change_flags(traceback__limit=0):
            yield
    finally:
        if collecting:
            gc.enable()


@functools.cache
def _plain_mode() -> Any:
    from pytensor.compile.mode import Mode
    from pytensor.graph.rewriting.db import RewriteDatabaseQuery

    # Fused loops without a compiler run element by element in Python: 70 times slower than NumPy per Op. To find what may
    # overwrite its input, and whether a matrix is symmetric, takes half of the rewriting, and spares no call as much.
    left_out = ["fusion", "cxx_only", "inplace", "useless_symmetric_transpose"]
    rewrites = RewriteDatabaseQuery(include=["fast_run", "py_only"], exclude=left_out)
    return Mode(linker="py", optimizer=rewrites).register((by_twos(), SUMS_GATHERED))


def by_twos() -> Any:
    """A rewrite that adds, multiplies, ... two arrays at a time, as NumPy does.

    PyTensor gathers the terms of a sum in one Op, which its Python linker computes element by element, and not at all
    from 32 terms on: a model with as many variables.
    """
    from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
    from pytensor.tensor.elemwise import Elemwise

    @node_rewriter([Elemwise])
    def by_twos(graph: Any, node: Any) -> list[Any] | None:
        spec = node.op.nfunc_spec
        if not spec or spec[1] != 2 or len(node.inputs) <= 2:
            return None
        return [functools.reduce(node.op, node.inputs)]

    return dfs_rewriter(by_twos)


@dataclass
class Compiled:
    """A compiled function that returns NumPy arrays, with how it came about.

    `seconds` holds ``compile`` (rewriting and translating the graph) and, where an example was given, ``first``
    (the first call, in which JAX and numba do most of their compiling).
    """

    function: Callable[..., Any]
    asked: str
    used: str
    seconds: dict[str, float]
    fallbacks: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, *arguments: np.ndarray) -> list[np.ndarray]:
        # Reading the values: JAX returns before it has computed them.
        return [np.asarray(output) for output in self.function(*arguments)]


def with_fallback[T](backend: str, attempt: Callable[[str], T]) -> tuple[T, str, list[dict[str, str]]]:
    """What `attempt` returns for the first backend that manages, that backend, and why those before it did not.

    Raises the last backend's error when every one fails.
    """
    fallbacks: list[dict[str, str]] = []
    for used in FALLBACKS[backend][:-1]:
        try:
            return attempt(used), used, fallbacks
        except Exception as error:  # whatever it is, the next backend may manage
            line = next(iter(str(error).strip().splitlines()), "")
            fallbacks.append({"backend": used, "reason": f"{type(error).__name__}: {line[:300]}"})
    last = FALLBACKS[backend][-1]
    return attempt(last), last, fallbacks


def compile_function(
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    *,
    backend: str = LOOK,
    example: Sequence[np.ndarray] | None = None,
    model: pm.Model | None = None,
    on_stage: Stage = no_stage,
) -> Compiled:
    """Compile PyTensor `outputs` of `inputs`, falling back to the next backend on failure.

    With an `example` (one array per input) the function is called once, so that what fails only at the first
    call falls back too. Inside `model` (if given) PyMC's own rewrites respect its ``check_bounds``.
    """
    import pymc as pm

    def attempt(used: str) -> tuple[Callable[..., Any], dict[str, float]]:
        on_stage("compile")
        if used == LOOK:
            jax_cache.prepare()
        started = time.perf_counter()
        with model or nullcontext(), without_compiler(), briskly():
            function = pm.compile(
                list(inputs), list(outputs), mode=compile_mode(used), on_unused_input="ignore"
            )
            seconds = {"compile": time.perf_counter() - started}
            if example is not None:
                on_stage("first")
                started = time.perf_counter()
                for output in function(*example):
                    np.asarray(output)
                seconds["first"] = time.perf_counter() - started
        return function, seconds

    (function, seconds), used, fallbacks = with_fallback(backend, attempt)
    return Compiled(function, backend, used, seconds, fallbacks)


def over_draws(
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    model: pm.Model,
    fixed: Sequence[Any] = (),
    example: Sequence[np.ndarray] | None = None,
) -> Callable[..., list[np.ndarray]]:
    """Compile `outputs` of `inputs` for many draws at once: arrays in and out have one axis more, the first.

    `fixed` inputs come before these and are the same for all draws. One draw after another where the graph cannot be
    vectorized, as that of a model of pymc.dims, or where it then raises for an `example` (one array per input).
    """
    import pytensor.tensor as pt
    from pytensor.graph.replace import vectorize_graph

    try:
        many = {v: pt.TensorType(v.dtype, shape=(None, *v.type.shape))(v.name) for v in inputs}
        graphs = vectorize_graph(list(outputs), many)
        at_once = compile_function([*fixed, *many.values()], graphs, backend=PLAIN, model=model)
        if example is not None:
            at_once(*example)
        return at_once
    except Exception as error:
        if example is None and not isinstance(error, NotImplementedError | TypeError):
            raise
    one = compile_function([*fixed, *inputs], outputs, backend=PLAIN, model=model)

    def in_turn(*arrays: np.ndarray) -> list[np.ndarray]:
        same, changing = arrays[: len(fixed)], arrays[len(fixed) :]
        values = (one(*same, *draw) for draw in zip(*changing, strict=True))
        return [np.array(output) for output in zip(*values, strict=True)]

    return in_turn


def evaluate(
    model: pm.Model,
    variables: Sequence[Any],
    point: Mapping[str, np.ndarray] | None = None,
    *,
    backend: str = PLAIN,
) -> list[np.ndarray]:
    """Values of model variables (names or graphs over its random variables) at an unconstrained point, once."""
    layout = Layout.of(model, point)
    graphs = [model[v] if isinstance(v, str) else v for v in variables]
    outputs, vector = layout.join(model, model.replace_rvs_by_values(graphs))
    at = [layout.vector()]
    return compile_function([vector], outputs, backend=backend, example=at, model=model)(*at)
