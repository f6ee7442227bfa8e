"""Everything that talks to AWS finds the same credentials, region and addresses."""

from pathlib import Path

import pyarrow as pa
import pytest
from aws_account import BUCKET

from python_jobs.platform.aws import Place, client, file_properties, place, session
from python_jobs.platform.errors import UsageError
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table
from python_jobs.store.filters import equal_to

ROLE = """\
[profile bank]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/capacity
source_profile = people

[profile people]
region = eu-west-1
"""
PEOPLE = "[people]\naws_access_key_id = person\naws_secret_access_key = secret\n"


def test_an_empty_account_gets_its_databases_and_tables(settings: Settings) -> None:
    """`capacity init` needs the bucket alone; a second one changes nothing."""
    store = Store.open(settings)
    assert sorted(store.init()) == sorted(TABLES)
    assert store.init() == []
    databases = client(settings, "glue").get_databases()["DatabaseList"]
    assert {each["Name"] for each in databases} == {"capacity_raw", "capacity_ml"}


def test_rows_go_to_s3_and_come_back(settings: Settings) -> None:
    """Written by pyarrow, found by Glue."""
    store = Store.open(settings)
    store.init()
    rows = pa.table({"load_id": ["a"], "status": ["loaded"]})
    for name in TABLES["raw.loads"].column_names:
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(1))
    store.append("raw.loads", rows, guard=equal_to("load_id", "a"))
    assert store.read("raw.loads", columns=["load_id"]).to_pylist() == [
        {"load_id": "a"}
    ]
    found = client(settings, "s3").list_objects_v2(Bucket=BUCKET, Prefix="lake/")
    assert any(each["Key"].endswith(".parquet") for each in found["Contents"])


def test_a_profile_that_assumes_a_role_serves_pyarrow_too(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pyarrow alone would not know such a profile; its token is the role's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    Path(account["AWS_CONFIG_FILE"]).write_text(ROLE)
    Path(account["AWS_SHARED_CREDENTIALS_FILE"]).write_text(PEOPLE)
    monkeypatch.setenv("AWS_PROFILE", "bank")

    settings = Settings.from_environment()
    properties = file_properties(settings)

    assert settings.region == properties["client.region"] == "eu-west-1"
    assert properties["s3.access-key-id"] != "person"
    assert properties["s3.session-token"]
    who = client(settings, "sts").get_caller_identity()
    assert ":assumed-role/capacity/" in who["Arn"]
    # one session for the process: no second token, no second question for a code
    assert session(settings) is session(settings)
    assert len(Store.open(settings).init()) == len(TABLES)


def test_credentials_are_asked_for_again_for_each_table(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run may take longer than a role's token is valid."""
    store = Store.open(settings)
    store.init()
    monkeypatch.setenv("AWS_SESSION_TOKEN", "renewed")
    table = load_table(store.catalog, "raw.loads", settings=settings)
    assert table.io.properties["s3.session-token"] == "renewed"


def test_the_region_is_the_environments_then_the_profiles(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every AWS tool reads it."""
    Path(account["AWS_CONFIG_FILE"]).write_text(
        "[default]\nregion = ap-southeast-1\n", "utf-8"
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Settings.from_environment().region == "us-east-1"
    monkeypatch.delenv("AWS_REGION")
    assert Settings.from_environment().region == "eu-west-1"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert Settings.from_environment().region == "ap-southeast-1"
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert Settings.from_environment().region == "us-east-1"


def test_services_may_have_addresses_of_their_own(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local Athena beside one for everything else; without both: AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1")
    settings = Settings.from_environment()
    assert client(settings, "athena").meta.endpoint_url == "http://127.0.0.1:1"
    assert client(settings, "s3").meta.endpoint_url == account["AWS_ENDPOINT_URL"]
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ATHENA"):
        monkeypatch.delenv(name)
    settings = Settings.from_environment()
    assert "s3.endpoint" not in file_properties(settings)
    assert client(settings, "s3").meta.endpoint_url.endswith(".amazonaws.com")


def test_an_address_in_s3_is_a_bucket_and_a_folder() -> None:
    """With or without its last slash; anything else is refused with its variable."""
    assert place("s3://lake/a/b") == place("s3://lake/a/b/") == Place("lake", "a/b/")
    assert str(place("s3://lake")) == "s3://lake/"
    with pytest.raises(UsageError, match="CAPACITY_S3_DATA '/tmp' is no S3 folder"):
        place("/tmp", variable="CAPACITY_S3_DATA")  # noqa: S108 - no file
