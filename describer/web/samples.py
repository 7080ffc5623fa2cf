"""Pictures of our own making, to try the site with at once."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

_FOLDER = "samples"
_MOST = 3


@dataclass(frozen=True)
class Sample:
    """A picture among the static files. `name` is its file's, `label` what a person reads."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def label(self) -> str:
        return self.path.stem.replace("-", " ").capitalize()

    @property
    def static(self) -> str:
        return f"{_FOLDER}/{self.name}"


def samples() -> list[Sample]:
    """List the first three samples, by name."""
    folder = Path(settings.BASE_DIR) / "static" / _FOLDER
    return [Sample(path) for path in sorted(folder.glob("*.jpg"))[:_MOST]]


def sample(name: str) -> Sample | None:
    """Return the sample of this name, or None: only what is listed is ever opened."""
    return next((listed for listed in samples() if listed.name == name), None)
