"""What can be wrong with an archive, in words for the admin who holds it."""


class ArchiveError(Exception):
    """A backup or a restore that cannot be; its text says why and what to do."""
