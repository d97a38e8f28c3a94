"""The one exception that a user is meant to read."""


class InputError(Exception):
    """A mistake in what the user gave: one sentence that says what is wrong and what to do.

    Command lines print it to stderr and exit 1, without a traceback.
    """
