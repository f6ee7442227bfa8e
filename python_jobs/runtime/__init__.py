"""What every command shares: errors with exit codes, progress, job contracts."""
