"""The parts of `manage.py usage`."""
