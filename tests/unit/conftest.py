"""What unit tests share."""

import pytest


@pytest.fixture(scope="module", params=[False, True], ids=["float32", "float64"])
def both_precisions(request):
    """Each test of the module in both precisions of JAX."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", request.param)
    jax.clear_caches()  # JAX keeps NumPy's constants in the precision in which it first met them
    yield
    jax.config.update("jax_enable_x64", before)
    jax.clear_caches()
