"""Group servers by level and behaviour, and say what a group is like."""
