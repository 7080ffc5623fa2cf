"""The database below the rows.

Statements built once, writes of several threads in one commit, exact sums, its version, the number of a row.
"""
