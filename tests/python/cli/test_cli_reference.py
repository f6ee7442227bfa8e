"""Nothing the command can do is undocumented."""

from pathlib import Path

from typer.main import get_command

from python_jobs.cli.app import app
from python_jobs.cli.reference import reference

PROJECT = Path(__file__).resolve().parents[3]


def test_reference_is_current() -> None:
    """docs/cli.md is what the commands say: `python -m python_jobs.cli.reference`."""
    assert (PROJECT / "docs" / "cli.md").read_text("utf-8") == reference()


def test_each_command_and_option_is_documented() -> None:
    """A command or option that the documents do not name fails here."""
    text = (PROJECT / "docs" / "cli.md").read_text("utf-8")
    text += (PROJECT / "README.md").read_text("utf-8")
    group = get_command(app)
    for name, command in group.commands.items():
        assert f"capacity {name}" in text
        for parameter in [*group.params, *command.params]:
            for spelled in parameter.opts:
                if spelled.startswith("--") and spelled != "--help":
                    assert f"`{spelled}" in text, f"{name} {spelled}"


def test_each_command_says_what_it_does() -> None:
    """Each has one sentence, and each option its own."""
    group = get_command(app)
    for name, command in group.commands.items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"
