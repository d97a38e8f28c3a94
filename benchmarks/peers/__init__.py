"""The gimbal model as it stands, written by other means: what Faultline's speed is measured against.

``by_hand`` (NumPy and numba, gradient included), ``numpyro_model``, ``gimbal.stan`` with ``in_stan``, and ``authors`` (PyMC,
joint by joint). ``problem`` holds what they all need to know, and how each orders the unconstrained vector.
"""
