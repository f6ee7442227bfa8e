"""The one error of the local Athena: what is missing, and what to do."""


class LocalAthenaError(Exception):
    """The local Athena cannot start; the message says why and what helps."""
