"""Why nothing came through the guard."""


class GuardError(Exception):
    """Nothing came. `message` is fit for the person who named the link."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AddressRefused(GuardError):
    """No link, or one that leads where nobody is let.

    The message is the same for all of these, and for a name that nobody knows: else the site could be asked,
    name by name, what there is in its own network.
    """

    def __init__(self) -> None:
        super().__init__(
            "This link cannot be used. It must begin with https:// or http:// and lead to a public address."
        )


class FetchFailed(GuardError):
    """The address is a public one, and no whole reply came from it."""
