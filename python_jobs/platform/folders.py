"""Folders that hold what a fleet does: no other user of the machine reads them."""

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, with mode 0700.

    One that exists keeps its rights: who made it has chosen them.
    """
    for each in (*reversed(folder.parents), folder):
        each.mkdir(mode=0o700, exist_ok=True)
