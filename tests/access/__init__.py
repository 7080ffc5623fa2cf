"""Who gets what, route by route: `table.txt`, held against the site by `test_table.py`."""
