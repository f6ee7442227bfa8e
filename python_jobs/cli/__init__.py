"""The capacity command line."""


def main() -> None:
    """Run the command line; Ctrl-C while its modules load is as quiet as later."""
    try:
        from python_jobs.cli.app import main as run  # noqa: PLC0415 - slow import
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()
