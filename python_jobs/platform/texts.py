"""Texts that name something: what they may not hold, and which two look alike."""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_jobs.platform.progress import Progress

HIDDEN = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
"""Control and format characters, line and paragraph separators, as RE2 writes them."""

BLANKS = (
    " \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
)
"""Blanks of any width (Unicode Zs): none of them begins or ends a name."""

NO_HIDDEN = "no control, format or separator character (Unicode Cc, Cf, Zl, Zp)"

_HIDDEN = {"Cc", "Cf", "Zl", "Zp"}
_SHOWN_TWINS = 5


def visible(text: str) -> str:
    r"""Return a text with its hidden characters as ``\u202e``; line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        json.dumps(each)[1:-1]
        if each != "\n" and unicodedata.category(each) in _HIDDEN
        else each
        for each in text
    )


def case_twins(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of names that differ by case only, sorted."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name in names:
        groups[name.casefold()].add(name)
    return tuple(
        sorted(tuple(sorted(each)) for each in groups.values() if len(each) > 1)
    )


def warn_of_twins(twins: tuple[tuple[str, ...], ...], *, progress: "Progress") -> None:
    """Tell which names differ by case only: each is a series of its own."""
    if twins:
        progress.warn(
            f"{len(twins)} names differ by case only and are series of their own"
            " → write a server in one way",
            first="; ".join(" and ".join(each) for each in twins[:_SHOWN_TWINS]),
        )
