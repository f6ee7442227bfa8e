"""Commands that explain: doctor, config."""

import typer

from python_jobs.cli.session import Session
from python_jobs.cli.tables import fact_table
from python_jobs.platform.errors import PlatformError


def doctor(ctx: typer.Context) -> None:
    """Check Python, packages, disk, clock, profile, warehouse, and services of AWS."""
    from python_jobs.cli.doctor import findings  # noqa: PLC0415 - slow import

    session: Session = ctx.obj
    found = findings(session.settings)
    table = fact_table("capacity doctor")
    for each in found:
        table.add_row(f"{'ok' if each.is_good else 'FAIL'}  {each.subject}", each.text)
    session.console.print(table)
    failed = [each.subject for each in found if not each.is_good]
    if failed:
        raise PlatformError(f"{', '.join(failed)} failed → see the list above")


def config(ctx: typer.Context) -> None:
    """Print the configuration in force, every default included, as YAML."""
    import yaml  # noqa: PLC0415 - slow import

    session: Session = ctx.obj
    content = session.config.model_dump(mode="json")
    session.console.out(
        yaml.safe_dump(content, sort_keys=False, allow_unicode=True), end=""
    )


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (doctor, config):
        app.command()(command)
