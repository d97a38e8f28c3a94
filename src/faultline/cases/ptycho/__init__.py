"""Case ``ptycho``: a ptychographic reconstruction fitted through a neural network's output head (github.com/hoidn/PtychoPINN).

``model`` is the case: the stages of the pipeline and what is declared of them. The numerics are in the other modules.
"""
