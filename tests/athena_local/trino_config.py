"""The settings of the local Trino: small, quick to start, over moto's Glue and S3."""

from dataclasses import dataclass
from pathlib import Path

REGION = "us-east-1"
CREDENTIALS = "testing"


@dataclass(frozen=True)
class TrinoConfig:
    """One server's settings.

    Attributes
    ----------
    port
        Where it listens, on 127.0.0.1.
    aws_url
        Address of Glue and S3.
    warehouse
        Where tables without a location of their own go, ``s3://…``.
    """

    port: int
    aws_url: str
    warehouse: str

    def write(self, folder: Path, *, plugins: Path) -> list[str]:
        """Write the files that Trino reads, and return the options of its Java.

        Parameters
        ----------
        folder
            Where settings and data go; new or empty.
        plugins
            Where Trino's plugins are.
        """
        catalogs = folder / "catalog"
        catalogs.mkdir(parents=True)
        levels = folder / "log.properties"
        server = folder / "config.properties"
        files = {
            levels: LOG_LEVELS,
            server: (
                *SERVER,
                f"http-server.http.port={self.port}",
                f"discovery.uri=http://127.0.0.1:{self.port}",
                f"plugin.dir={plugins}",
                f"catalog.config-dir={catalogs}",
            ),
            catalogs / "iceberg.properties": (*ICEBERG, *self._storage()),
            catalogs / "awsdatacatalog.properties": (*HIVE, *self._storage()),
        }
        for path, lines in files.items():
            path.write_text("\n".join(lines) + "\n")
        return [
            *JVM_OPTIONS,
            *(f"-D{each}" for each in NODE),
            f"-Dnode.data-dir={folder / 'data'}",
            f"-Dlog.levels-file={levels}",
            f"-Dconfig={server}",
        ]

    def _storage(self) -> tuple[str, ...]:
        return (
            f"hive.metastore.glue.region={REGION}",
            f"hive.metastore.glue.endpoint-url={self.aws_url}",
            f"hive.metastore.glue.aws-access-key={CREDENTIALS}",
            f"hive.metastore.glue.aws-secret-key={CREDENTIALS}",
            f"hive.metastore.glue.default-warehouse-dir={self.warehouse}",
            "fs.native-s3.enabled=true",
            f"s3.endpoint={self.aws_url}",
            f"s3.region={REGION}",
            "s3.path-style-access=true",
            f"s3.aws-access-key={CREDENTIALS}",
            f"s3.aws-secret-key={CREDENTIALS}",
        )


JVM_OPTIONS = (
    "-server",
    "-Xmx3G",
    "-XX:+UseG1GC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:ReservedCodeCacheSize=256M",
    # Ten times the defaults: methods are optimized fully only when they are really
    # hot. On hundreds of small queries that saves a quarter of all processor time, on
    # few big ones it costs little (the quick compiler alone: five times slower).
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
    # what Trino asks for: it attaches to itself, and its Arrow and Netty use memory
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)

LOG_LEVELS = ("io.trino=WARN", "io.trino.server.Server=INFO")

NODE = (
    "node.environment=test",
    "node.id=local",
    "node.bind-ip=127.0.0.1",
    "node.internal-address=127.0.0.1",
)

SERVER = (
    "coordinator=true",
    "node-scheduler.include-coordinator=true",
    "query.max-memory=2GB",
    "query.max-memory-per-node=2GB",
)

ICEBERG = (
    "connector.name=iceberg",
    "iceberg.catalog.type=glue",
    "iceberg.hive-catalog-name=awsdatacatalog",
)

# Athena has one catalog for both kinds of table: this one sends Iceberg's tables on.
HIVE = (
    "connector.name=hive",
    "hive.metastore=glue",
    "hive.iceberg-catalog-name=iceberg",
    "hive.non-managed-table-writes-enabled=true",
    "hive.collect-column-statistics-on-write=false",
)
