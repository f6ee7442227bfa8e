"""The parse that the tests share is the one that dbt would make."""

import subprocess
from pathlib import Path

from capacity_process import environment, program
from parsed_project import PROJECT, give_parse

from python_jobs.cli.dbt_process import profiles_dir
from python_jobs.platform.settings import Settings


def test_dbt_takes_the_shared_parse(tmp_path: Path) -> None:
    """No file is parsed anew: else every warehouse costs seconds more, unseen."""
    give_parse(tmp_path / "capacity.duckdb")
    folders = {
        "--profiles-dir": profiles_dir(Settings(warehouse=tmp_path), tmp_path),
        "--project-dir": PROJECT,
        "--target-path": tmp_path / "target",
        "--log-path": tmp_path,
    }
    options = [str(each) for option in folders.items() for each in option]
    subprocess.run(
        [program("dbt"), "--quiet", "parse", "--target", "duckdb", *options],
        env=environment(tmp_path, CAPACITY_AS_OF_DATE="", CAPACITY_REPROCESS_FROM=""),
        cwd=PROJECT,
        check=True,
    )
    log = (tmp_path / "dbt.log").read_text("utf-8")
    assert "0 files deleted, 0 files added, 0 files changed" in log
    assert "Unable to do partial parsing" not in log
