"""Commands that read: query, status."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from python_jobs.cli.analyses import analyses, run_analysis
from python_jobs.cli.kept_queries import kept_query
from python_jobs.cli.options import RawOption
from python_jobs.cli.session import Session
from python_jobs.cli.state import built_date, refuse_another_date
from python_jobs.cli.status import print_status
from python_jobs.cli.tables import result_table
from python_jobs.platform.errors import PlatformError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

_SUFFIXES = (".csv", ".parquet")


def query(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="Name of the query; none: list them.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write .csv or .parquet instead of a table.",
        ),
    ] = None,
    raw: RawOption = False,
) -> None:
    """Run a named query: `capacity query NAME --param value …`; without name: the list.

    Each parameter of the query is an option of its own; its value is bound, never
    pasted into the SQL.
    """
    session: Session = ctx.obj
    if name is None:
        session.console.print(_listing(session))
        return
    kept = kept_query(session.settings, name)
    if kept is None:
        session.check_local_tables()
    else:
        # a build of this version made the marts
        session.check_place()
    if output is not None and output.suffix not in _SUFFIXES:
        raise UsageError(
            f"--output {output} → end the name in {' or '.join(_SUFFIXES)}"
        )
    if session.as_of_date is not None:
        built = built_date(session.settings)
        refuse_another_date("marts", built=built, asked=session.as_of_date)
    rows = run_analysis(session, name, given_parameters(ctx.args), kept=kept)
    if output is None:
        session.console.print(result_table(rows))
        return
    _write(rows, output, is_raw=raw)
    session.console.print(f"{rows.num_rows} rows in {output}")


def status(ctx: typer.Context) -> None:
    """Show what is loaded, published and built."""
    print_status(ctx.obj)


def given_parameters(arguments: list[str]) -> dict[str, str]:
    """Return ``--name value`` and ``--name=value`` pairs; dashes are underscores.

    Raises
    ------
    UsageError
        If something is no option, has no value or comes twice.
    """
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        if not option.startswith("--"):
            raise UsageError(f"'{option}' is no option → write `--name value`")
        key, joined, value = option[2:].partition("=")
        if not joined:
            if not rest:
                raise UsageError(f"{option} has no value → write `{option} value`")
            value = rest.pop(0)
        key = key.replace("-", "_")
        if key in given:
            raise UsageError(f"--{key} is given twice → give it once")
        given[key] = value
    return given


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    free = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command(context_settings=free)(query)
    app.command()(status)


def _listing(session: Session) -> Table:
    table = Table("query", "answers", "parameters", box=None, header_style="bold")
    for each in analyses(session.settings.project_dir).values():
        asked = "\n".join(
            f"--{parameter.name} {parameter.kind}"
            + (f" = {parameter.default}" if parameter.default is not None else "")
            for parameter in each.parameters
        )
        table.add_row(each.name, each.description, asked)
    return table


def _write(rows: "pa.Table", output: Path, *, is_raw: bool) -> None:
    from pyarrow import csv, parquet  # noqa: PLC0415 - slow import

    from python_jobs.cli.csv_cells import without_formulas  # noqa: PLC0415

    try:
        if output.suffix == ".csv":
            csv.write_csv(rows if is_raw else without_formulas(rows), output)
        else:
            parquet.write_table(rows, output)
    except OSError as error:
        raise PlatformError(
            f"{output} cannot be written: {error.strerror or error} → name a file in a"
            " folder that exists and is writable"
        ) from None
