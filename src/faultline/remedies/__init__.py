"""Changes of a model that can be tried: one file, one kind.

A file lists the changes of its kind that a model allows (``candidates``), and makes one (``rewrite``). What a change is asked by is a
*step*: plain data, ``{"kind": ..., "names": [...]}``. Whether it leaves the posterior as it is, `identity.py` decides.
"""
