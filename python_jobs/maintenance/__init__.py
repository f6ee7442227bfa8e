"""Maintenance of Iceberg tables: small files, old snapshots, orphan files."""
