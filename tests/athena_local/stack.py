"""Everything that stands in for AWS: started together, stopped together."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config

from athena_local.api import STATEMENTS, AthenaServer
from athena_local.aws_server import AwsServer
from athena_local.faults import Faults
from athena_local.statement_log import Statement, read_statements
from athena_local.trino_config import CREDENTIALS, REGION
from athena_local.trino_server import TrinoServer


@dataclass(frozen=True)
class LocalAthena:
    """The addresses of a running stack.

    Attributes
    ----------
    aws_url, athena_url, trino_url
        S3, Glue and STS; Athena; the Trino behind it.
    folder
        Logs, ``statements.jsonl`` and Trino's own files.
    buckets
        Buckets that exist from the start; the project's settings point at the first.
    faults
        What to do wrong, from now on.
    """

    aws_url: str
    athena_url: str
    trino_url: str
    folder: Path
    buckets: tuple[str, ...]
    faults: Faults = field(default_factory=Faults)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point a command at this stack and at nothing else."""
        bucket = f"s3://{self.buckets[0]}"
        return {
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_ENDPOINT_URL_ATHENA": self.athena_url,
            "AWS_ACCESS_KEY_ID": CREDENTIALS,
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            # no profile of the user's is to be found
            "AWS_CONFIG_FILE": str(self.folder / "no-aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "no-aws-credentials"),
            "CAPACITY_TARGET": "athena",
            "CAPACITY_S3_WAREHOUSE": f"{bucket}/lake/",
            "CAPACITY_S3_DATA": f"{bucket}/dbt/",
            "CAPACITY_S3_STAGING": f"{bucket}/athena-results/",
        }

    def statements(self) -> list[Statement]:
        """Return every query that has finished so far, in the order of their ends."""
        return read_statements(self.folder / STATEMENTS)


@contextmanager
def start(
    folder: Path,
    *,
    buckets: Sequence[str] = ("capacity-forecaster",),
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[LocalAthena]:
    """Start everything, and stop it at the end of the block.

    Call it from a thread that lives as long as the block: Trino ends with it.

    Parameters
    ----------
    folder
        New or empty, or with what an earlier start left, which goes.
    buckets
        Buckets to create.
    say
        Notified of slow steps.

    Raises
    ------
    LocalAthenaError
        If something is missing; the message says what, and what helps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STATEMENTS).unlink(missing_ok=True)
    faults = Faults()
    with ExitStack() as running:
        aws = AwsServer(faults)
        aws.start()
        running.callback(aws.stop)
        trino = TrinoServer(
            aws_url=aws.url,
            folder=folder,
            warehouse=f"s3://{buckets[0]}/trino/",
            say=say,
        )
        running.callback(trino.stop)
        trino.launch()
        _create_buckets(aws.url, buckets)
        athena = AthenaServer(
            trino_url=trino.url, aws_url=aws.url, folder=folder, faults=faults
        )
        athena.start()
        running.callback(athena.stop)
        trino.wait()
        yield LocalAthena(
            aws_url=aws.url,
            athena_url=athena.url,
            trino_url=trino.url,
            folder=folder,
            buckets=tuple(buckets),
            faults=faults,
        )


def _create_buckets(aws_url: str, buckets: Sequence[str]) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=aws_url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS,
        aws_secret_access_key=CREDENTIALS,
        config=Config(proxies={}),
    )
    for bucket in buckets:
        s3.create_bucket(Bucket=bucket)
