"""Errors a user can cause, each with the exit code of the command that met it."""


class CapacityError(Exception):
    """Base of all errors that end a command with one clear message.

    The message names the file, row, table or key, says what was found and expected,
    and what to do.
    """

    exit_code = 5


class UsageError(CapacityError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class InputError(CapacityError):
    """A file, a row or a configuration value cannot be used."""

    exit_code = 3


class PlatformError(CapacityError):
    """Fault of credentials, engine, disk, clock or warehouse."""

    exit_code = 4


class RunError(CapacityError):
    """A run failed after it had started; running it again is safe."""

    exit_code = 5
