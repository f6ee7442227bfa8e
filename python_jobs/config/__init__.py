"""Settings from the environment and configuration from one YAML file."""

from python_jobs.config.settings import Settings

__all__ = ["Settings"]
