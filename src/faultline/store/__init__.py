"""What stands under a key, and what a suite shows of it."""
