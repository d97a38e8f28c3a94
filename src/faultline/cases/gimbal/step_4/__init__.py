"""Step 4 of the model's authors: is compiling the gradient a hang, a crash, or slow? Apart from the model, which reads none of it."""
