"""The rooms of the desk."""
