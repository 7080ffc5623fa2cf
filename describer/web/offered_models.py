"""The models that the ask form offers, each with what it was found to be like."""

import json
from dataclasses import dataclass

from describer.engine.submit import note_of
from describer.models import Endpoint
from describer.web.ask_fields import WIDGETS


@dataclass(frozen=True)
class OfferedModel:
    """A model as the form offers it. `changes` tells by parameter what becomes of it on its way to this model."""

    name: str
    note: str
    changes: dict[str, str]


@dataclass(frozen=True)
class OfferedModels:
    """All models of the default endpoint, the default first; `chosen` is the one that the form names."""

    rows: list[OfferedModel]
    chosen: str

    @property
    def changes(self) -> dict[str, str]:
        """Return what becomes of parameters on their way to the chosen model."""
        default = self.rows[0].name if self.rows else ""
        wanted = self.chosen or default
        return next((row.changes for row in self.rows if row.name == wanted), {})

    @property
    def as_json(self) -> str:
        """Return the changes of all models as the form's select names them: the default is ""."""
        names = ["", *(row.name for row in self.rows[1:])]
        return json.dumps(
            {name: row.changes for name, row in zip(names, self.rows, strict=False) if row.changes}
        )


def offered_models(chosen: str) -> OfferedModels:
    """Return the models of the default endpoint; none without an endpoint."""
    endpoint = Endpoint.objects.filter(is_default=True).first()
    if endpoint is None:
        return OfferedModels([], chosen)
    rows = [
        OfferedModel(name, note_of(endpoint, name), _changes(endpoint, name)) for name in endpoint.offered
    ]
    return OfferedModels(rows, chosen)


def _changes(endpoint: Endpoint, model: str) -> dict[str, str]:
    """Say what this model was seen to refuse of the form's parameters, and what is done about it."""
    known = endpoint.learned_of(model)
    words = dict.fromkeys(known.get("dropped", []), "This model refuses it; it is left out.")
    words |= {
        name: f"This model takes it as {to}; it is sent so." for name, to in known.get("renamed", {}).items()
    }
    return {name: text for name, text in words.items() if name in WIDGETS}
