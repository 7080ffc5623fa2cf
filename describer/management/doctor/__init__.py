"""The parts of `manage.py doctor`."""
