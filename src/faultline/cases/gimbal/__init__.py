"""Case ``gimbal``: 3D pose from the pixels of several cameras (Zhang et al. 2021, AISTATS).

``model`` is the case module; the others are its parts, and none of them imports PyMC unless it builds the model.
"""

DATASETS = (
    "v0.2.1_L00_minimal",
    "v0.2.1_L01_noise",
    "v0.2.1_L02_outliers",
    "v0.2.1_L03_missingness",
    "v0.2.1_K6_T100",
)
SUITE = "v0_2_1_divergence"
