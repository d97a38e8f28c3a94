"""Case ``urease``: a network that infers two parameters of an enzymatic reaction from the first seconds of a pH record
(github.com/hosseinoj92/Urea_hydrolysis).

``model`` is the case: the stages of the pipeline. The numerics are in the other modules.
"""
