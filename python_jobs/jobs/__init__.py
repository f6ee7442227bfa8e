"""Job runner: contracts of frames, fingerprints of runs, publishing of their rows."""
