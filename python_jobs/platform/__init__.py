"""The ground floor: errors, settings, progress, locks and the ways to AWS."""
