"""The database below the rows: statements built once, writes of several threads in one commit, and its version."""
