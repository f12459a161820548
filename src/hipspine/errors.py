"""What can go wrong, as one tree.

    HipspineError                 everything below; the command line turns it into one line and an exit code
    ├── InputError                the person can mend it (exit 2)
    │   ├── FormatError           a file: unreadable, truncated, of another kind
    │   ├── SignalError           an array or channel: wrong shape, not finite, too short
    │   ├── ProtocolError         a recording does not hold what a protocol needs
    │   └── ModelError            a body, posture or value outside its range
    └── MissingExtra              an optional part is not installed (exit 2)

Every message says what is wrong, where, what was found, what is allowed, and what to do.
"""


class HipspineError(Exception):
    """Root of all errors that hipspine raises on purpose."""

    exit_code = 2


class InputError(HipspineError):
    """Something that was given is not usable; the message says what to do."""


class FormatError(InputError):
    """A file cannot be read as what it claims to be."""


class SignalError(InputError):
    """An array or a channel cannot be used."""


class ProtocolError(InputError):
    """A recording does not hold what a protocol needs."""


class ModelError(InputError):
    """A body, posture or value lies outside what the model allows."""


class MissingExtra(HipspineError):
    """An optional part is needed and not installed."""
