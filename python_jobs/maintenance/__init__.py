"""Upkeep of the Iceberg tables: small files, old snapshots, files of nobody."""
