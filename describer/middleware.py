"""Stand-ins until the pages exist."""
