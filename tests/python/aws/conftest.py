"""S3, Glue and STS in this process, by moto: what Athena itself does needs Trino."""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_account import BUCKET, VARIABLES, aws
from moto.server import ThreadedMotoServer

from python_jobs.platform.settings import Settings


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """Start moto's server on a free port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def account(
    moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Put an empty account with one bucket into the environment, and return that."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CAPACITY_")):
            monkeypatch.delenv(name)
    variables = VARIABLES | {
        "AWS_ENDPOINT_URL": moto_url,
        "AWS_CONFIG_FILE": str(tmp_path / "aws_config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws_credentials"),
        "CAPACITY_WAREHOUSE": str(tmp_path / "warehouse"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # with a body it is a POST
    urllib.request.urlopen(f"{moto_url}/moto-api/reset", data=b"").close()  # noqa: S310 - ours
    aws("s3", moto_url).create_bucket(Bucket=BUCKET)
    return variables


@pytest.fixture
def settings(account: dict[str, str]) -> Settings:
    """Return the settings that a command would read."""
    return Settings.from_environment()
