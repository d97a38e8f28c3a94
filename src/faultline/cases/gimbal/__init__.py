"""Case ``gimbal``: 3D pose from the pixels of several cameras (Zhang et al. 2021, AISTATS).

``model`` is the case module; the others are its parts, and none of them imports PyMC unless it builds the model.
"""
