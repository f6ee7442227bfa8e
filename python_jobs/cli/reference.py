"""The reference of the command line, written from the commands themselves.

``python -m python_jobs.cli.reference`` writes ``docs/cli.md``; a test holds it current.
"""

from typing import Any

from typer.main import get_command

from python_jobs.cli.analyses import analyses
from python_jobs.cli.app import app
from python_jobs.platform.settings import Settings

_INTRODUCTION = """\
# The command `capacity`

Written by `python -m python_jobs.cli.reference`; do not edit.

Every command is safe to repeat: twice is as good as once, and after a kill the same
command repairs what was left; on DuckDB readers see the last green build meanwhile
(on Athena: [athena.md](athena.md#what-a-reader-sees)). Progress goes to standard
error, as bars on a terminal and as JSON log lines elsewhere; results go to standard
output. Folders that a command makes, the warehouse first of all, are for this user
alone (0700).

| exit code | meaning |
|---|---|
| 0 | done |
| 2 | usage: an unknown command, option, job, query or parameter |
| 3 | bad input or configuration; nothing of that file was loaded |
| 4 | environment: engine, credentials, disk or clock |
| 5 | a run failed after it had started |
| 130 | interrupted by Ctrl-C |

An error names the file and line, the column and value, what was expected, and behind
an arrow what to do. `--debug` adds the traceback.
"""


def reference() -> str:
    """Return the reference: global options, each command, each named query."""
    group: Any = get_command(app)
    parts = [_INTRODUCTION, "## Global options\n"]
    parts.append("They may stand before or behind the command.\n")
    parts.append(_options(group))
    for name, command in group.commands.items():
        usage = " ".join(["capacity", name, *_arguments(command)])
        parts.append(f"## capacity {name}\n")
        parts.append(f"```\n{usage}\n```\n")
        parts.append(f"{command.help}\n")
        options = _options(command)
        if options:
            parts.append(options)
    parts.append("## Named queries\n")
    parts.append(_queries())
    return "\n".join(parts)


def _arguments(command: Any) -> list[str]:
    found = [
        parameter.metavar or f"[{parameter.name.upper()}]"
        for parameter in command.params
        if parameter.param_type_name == "argument"
    ]
    has_options = any(each.param_type_name == "option" for each in command.params)
    return [*found, "[OPTIONS]"] if has_options else found


def _options(command: Any) -> str:
    lines = [
        f"| `{_spelled(parameter)}` | {parameter.help} |"
        for parameter in command.params
        if getattr(parameter, "help", None) and parameter.name != "help"
    ]
    return "\n".join(["| option | meaning |", "|---|---|", *lines, ""]) if lines else ""


def _spelled(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = ", ".join(parameter.opts)
    return names if parameter.is_flag else f"{names} {parameter.metavar}"


def _queries() -> str:
    lines = ["`capacity query NAME --parameter value …` binds each value.\n"]
    for each in analyses(Settings.from_environment().project_dir).values():
        lines += [f"### {each.name}\n", f"{each.description}\n"]
        lines += ["| parameter | type | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `--{parameter.name}` | {parameter.kind} |"
            f" {'' if parameter.default is None else parameter.default} |"
            f" {parameter.description} |"
            for parameter in each.parameters
        ]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write the reference into the documentation."""
    path = Settings.from_environment().project_dir / "docs" / "cli.md"
    path.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
