"""The parts of `manage.py up`: the steps of a start, and serving until told to stop."""
