"""Answers ``in_stan``'s requests about one Stan model, in an interpreter that has pystan: a JSON object per line.

Needs nothing but pystan; started by ``peers.in_stan``, not by hand.
"""

from __future__ import annotations

import json
import re
import sys
import time

import httpstan.models
import stan

_DRAWS = 12


def main() -> int:
    # Stan writes to standard output; the answers need it for themselves.
    answers, sys.stdout = sys.stdout, sys.stderr
    request = json.loads(sys.stdin.readline())
    model = stan.build(request["program"], data=request["data"])
    module = httpstan.models.import_services_extension_module(model.model_name)
    data = json.loads(json.dumps(model.data))
    print(json.dumps({"parameters": model.param_names}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        at = request.get("vector")
        if request["ask"] == "density":
            answer = {
                "logp": module.log_prob(data, at, True),
                "gradient": module.log_prob_grad(data, at, True),
            }
        elif request["ask"] == "direct":
            answer = direct(module, data, at, request["n"])
        else:
            answer = sampled(model, request["start"])
        print(json.dumps(answer), file=answers, flush=True)
    return 0


def direct(module, data: dict, at: list[float], n: int) -> dict:
    """Seconds of ``n`` calls of the C++ gradient from Python. Each reads the data again."""
    started = time.perf_counter()
    for _ in range(n):
        module.log_prob_grad(data, at, True)
    return {"seconds": time.perf_counter() - started, "n": n}


def sampled(model: stan.model.Model, start: dict) -> dict:
    """Seconds that Stan reports for a short run of its sampler, and how many leapfrog steps that run took.

    Adapting to a very high acceptance soon makes the steps small and the trajectories as long as they may be, so that
    writing the draws counts for nothing.
    """
    fit = model.hmc_nuts_diag_e_adapt(
        num_chains=1, num_warmup=_DRAWS, num_samples=1, save_warmup=True, delta=0.999, init=[start]
    )
    text = b"".join(fit.stan_outputs).decode()
    seconds = re.search(r"([0-9.e+-]+) seconds \(Total\)", text)
    return {"seconds": float(seconds[1]), "n": int(fit["n_leapfrog__"].sum())}


if __name__ == "__main__":
    sys.exit(main())
