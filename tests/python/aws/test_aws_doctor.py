"""`capacity doctor` finds what would stop a run on AWS before the run does."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_account import BUCKET, aws
from capacity_process import run_capacity

from python_jobs.cli import aws_checks
from python_jobs.cli.doctor import Finding, findings
from python_jobs.platform.settings import Settings


@pytest.fixture
def athena(account: dict[str, str]) -> Any:
    """Return moto's Athena: it has workgroups, and runs nothing."""
    return aws("athena", account["AWS_ENDPOINT_URL"])


def found() -> dict[str, Finding]:
    """Run the checks on what the environment says now."""
    return {each.subject: each for each in findings(Settings.from_environment())}


def test_a_good_account_passes(account: dict[str, str], tmp_path: Path) -> None:
    """Each line names what was seen, and the probes are gone again."""
    account.pop("CAPACITY_WAREHOUSE")
    ended = run_capacity("doctor", warehouse=tmp_path, **account)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for line in (
        "ok  credentials",
        "ok  s3 raw and ml",
        "ok  glue",
        "ok  workgroup",
        "no database capacity_* yet",
        "stands in for AWS",
    ):
        assert line in ended.stdout
    s3 = aws("s3", account["AWS_ENDPOINT_URL"])
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_each_hindrance_has_its_line(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing bucket, an address that is none, a workgroup that does not exist."""
    monkeypatch.setenv("CAPACITY_S3_DATA", "s3://gone/dbt/")
    monkeypatch.setenv("CAPACITY_S3_STAGING", "results")
    monkeypatch.setenv("CAPACITY_WORK_GROUP", "nobodys")
    seen = found()
    failed = {subject for subject, each in seen.items() if not each.is_good}
    assert failed == {"s3 dbt", "s3 results", "workgroup"}
    assert seen["s3 dbt"].text.startswith("bucket gone: the S3 bucket does not exist")
    assert "CAPACITY_S3_STAGING 'results' is no S3 folder" in seen["s3 results"].text
    assert "nobodys" in seen["workgroup"].text


def test_workgroups_are_described(athena: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results go where the workgroup insists; its limit and engine are shown."""
    monkeypatch.setenv("CAPACITY_WORK_GROUP", "bank")
    athena.create_work_group(
        Name="bank",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000_000,
            "ResultConfiguration": {"OutputLocation": "s3://lake/enforced/"},
            "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"},
        },
    )
    text = found()["workgroup"].text
    assert "s3://lake/enforced/" in text
    assert "cut-off 10.0 GB a query" in text


@pytest.mark.parametrize(
    ("work_group", "expected"),
    [
        ({"State": "DISABLED"}, "bank is disabled → enable it"),
        (
            {"Configuration": {"EngineVersion": {"EffectiveEngineVersion": "PySpark"}}},
            "bank runs PySpark → set it to Athena engine version 3",
        ),
    ],
)
def test_a_workgroup_that_cannot_run_this_is_refused(
    account: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    work_group: dict[str, Any],
    expected: str,
) -> None:
    """Moto keeps neither state nor engine, so the answer is given here."""
    monkeypatch.setenv("CAPACITY_WORK_GROUP", "bank")
    answer = SimpleNamespace(get_work_group=lambda **_: {"WorkGroup": work_group})
    real = aws_checks.client
    monkeypatch.setattr(
        aws_checks,
        "client",
        lambda settings, name: answer if name == "athena" else real(settings, name),
    )
    seen = found()["workgroup"]
    assert not seen.is_good
    assert seen.text.startswith(expected)


def test_without_credentials_every_line_says_so(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No check ends in a traceback."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    seen = found()
    assert not seen["credentials"].is_good
    assert "there are no AWS credentials" in seen["credentials"].text
    assert "there are no AWS credentials" in seen["glue"].text
