"""Case ``lambda_hat``: a variational estimator of the local learning coefficient (github.com/danmackinlay/lambda_hat).

``model`` is the case: the stages of the pipeline and what is declared of them. The numerics are in the other modules.
"""
