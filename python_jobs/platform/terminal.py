"""The consoles of this project: a name on them is shown as it is written.

Servers, units and files have names with brackets and colons, which rich would read as
styles and emoji, and end with an error where a bracket closes nothing.
"""

from typing import IO

from rich.console import Console


def console(file: IO[str], *, width: int | None = None) -> Console:
    """Return a console that takes no text for markup; styles are given apart.

    Parameters
    ----------
    file
        Where it writes: standard output or standard error.
    width
        Characters a line; None: those of the terminal.
    """
    return Console(file=file, width=width, markup=False, emoji=False)
