"""What is asked: a request for each stage of each group, and its key. Imports no PyMC."""
