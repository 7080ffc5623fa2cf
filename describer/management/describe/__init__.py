"""The parts of `manage.py describe`: its options, its files, the runner, and the report."""
