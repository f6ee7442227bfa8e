"""Options that several commands take."""

from typing import Annotated

import typer

RawOption = Annotated[
    bool,
    typer.Option(
        "--raw",
        help="CSV: no ' before texts that a spreadsheet takes for formulas (= + - @).",
    ),
]
