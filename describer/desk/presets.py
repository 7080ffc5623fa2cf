"""Presets: those of the site, written at a start where they are missing, and a person's own."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from describer.chat import ParameterError, read_parameters
from describer.engine.submit import Ask, storable_text
from describer.errors import Refusal
from describer.models import Preset, User
from describer.models.preset import NAME, NAME_CHARACTERS

MOST_OWN = 200


@dataclass(frozen=True)
class BuiltIn:
    """A preset that a site begins with."""

    name: str
    label: str
    question: str
    is_plain: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)


BUILT_IN = (
    BuiltIn(
        "describe",
        "Describe",
        "Describe this picture for someone who cannot see it. Begin with what matters most.",
    ),
    BuiltIn(
        "alt-text",
        "Alt text",
        "Write alt text for this picture, at most 125 characters. Answer with the alt text alone.",
    ),
    BuiltIn(
        "long-description",
        "Long description",
        "Describe this picture in full for someone who cannot see it: what it shows, how it is laid out, each text and figure "
        "in it, and what it is for. Write paragraphs, the most important first.",
    ),
    BuiltIn(
        "read",
        "Read the text",
        "Write down all the text in this picture, line by line as it stands there. Mark what cannot be read as [?].",
        is_plain=True,
    ),
    BuiltIn(
        "keywords",
        "Keywords",
        "Give 10 to 15 keywords for finding this picture again, the most telling first. Answer with JSON alone, an object whose "
        'key "keywords" is a list of texts.',
    ),
    BuiltIn(
        "wrong",
        "What is wrong here?",
        "What is wrong, broken, unusual or dangerous in this picture? Say what it is, where, and how sure you are.",
    ),
    BuiltIn(
        "compare",
        "Compare these pictures",
        "Compare these pictures: what is the same, what differs, and what changed from the first to the last?",
    ),
)


def write_built_in() -> None:
    """Write the site's presets where they are missing; what an admin changed or archived stays so."""
    there = set(Preset.objects.filter(owner=None).values_list("name", flat=True))
    Preset.objects.bulk_create(
        (
            Preset(
                name=one.name,
                label=one.label,
                question=one.question,
                is_plain=one.is_plain,
                parameters=one.parameters,
                position=10 * number,
                built_in=True,
            )
            for number, one in enumerate(BUILT_IN, 1)
            if one.name not in there
        ),
        ignore_conflicts=True,
    )


def presets_of(person: User) -> list[Preset]:
    """Return what a person may ask by, in order: the site's but for those they hid, and their own, which stand before."""
    shown = Preset.objects.filter(Q(owner=person) | (Q(owner=None) & ~Q(hidden_by=person)), archived=False)
    rows = list(shown)
    own = {row.name for row in rows if row.owner_id}
    return [row for row in rows if row.owner_id or row.name not in own]


def preset_named(person: User, name: str) -> Preset | None:
    """Return the preset of this name that a person may ask by, hidden ones too; None where there is none."""
    rows = Preset.objects.filter(Q(owner=person) | Q(owner=None), archived=False, name=name[:NAME_CHARACTERS])
    return min(rows, key=lambda row: row.owner_id is None, default=None)


def chosen_preset(person: User, name: str) -> Preset:
    """Return the preset of this name. Raises Refusal where there is none."""
    found = preset_named(person, name)
    if found is None:
        raise Refusal(
            f"There is no preset {name[:NAME_CHARACTERS]!r}.",
            code="preset_not_found",
            param="preset",
            status=404,
        )
    return found


def with_preset(ask: Ask) -> Ask:
    """Return an ask by the preset that it names: what is given beside it wins. Raises Refusal where there is none."""
    if not ask.preset:
        return ask
    chosen = chosen_preset(ask.owner, ask.preset)
    given: dict[str, Any] = {
        "question": ask.question,
        "system_prompt": ask.system_prompt,
        "model": ask.model,
    }
    fields = {name: text if text.strip() else chosen.words[name] for name, text in given.items()}
    fields |= {"parameters": {**chosen.parameters, **ask.parameters}}
    return replace(ask, preset=chosen.name, is_plain=chosen.is_plain, **fields)


def name_from(label: str) -> str:
    """Return a name made of a label: its letters and digits, small, with - between."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:NAME_CHARACTERS].rstrip("-")


def make_preset(person: User, **fields: Any) -> Preset:
    """Make a preset of a person's own. Raises Refusal."""
    fields.setdefault("name", name_from(fields.get("label", "")))
    fields.setdefault("label", fields["name"])
    row = _judged(Preset(owner=person, **_columns(fields)))
    if Preset.objects.filter(owner=person).count() >= MOST_OWN:
        raise Refusal(f"At most {MOST_OWN} presets; remove one first.", code="too_many_presets", status=409)
    with transaction.atomic():
        kept, made = Preset.objects.get_or_create(owner=person, name=row.name, defaults=_fields_of(row))
    if not made:
        message = f"You have a preset {row.name} already; change that one, or take another name."
        raise Refusal(message, code="preset_exists", param="name", status=409)
    return kept


def changed_preset(person: User, name: str, changes: dict[str, Any], *, as_admin: bool = False) -> Preset:
    """Change a preset of a person's own, or the site's as its admin; of another of the site, make a copy with the changes.

    Raises Refusal.
    """
    row = chosen_preset(person, name)
    for column, value in _columns(changes).items():
        setattr(row, column, value)
    if row.is_shared and not as_admin:
        return make_preset(person, name=row.name, **_fields_of(row))
    _judged(row).save()
    return row


def remove_preset(person: User, name: str, *, as_admin: bool = False) -> None:
    """Remove a preset of a person's own; of the site's, hide it from them or, as its admin, archive it. Raises Refusal."""
    row = chosen_preset(person, name)
    if not row.is_shared:
        row.delete()
    elif as_admin:
        Preset.objects.filter(pk=row.pk).update(archived=True)
    else:
        row.hidden_by.add(person)


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a preset from its fields as scripts name them."""
    names = {"plain": "is_plain"}
    return {names.get(name, name): value for name, value in fields.items()}


def _fields_of(row: Preset) -> dict[str, Any]:
    return {"label": row.label, "is_plain": row.is_plain, **row.words}


def _judged(row: Preset) -> Preset:
    """Return the preset as it will be stored. Raises Refusal for what nobody could ask by."""
    row.question = storable_text(row.question, "question")
    row.system_prompt = storable_text(row.system_prompt, "system_prompt")
    row.label = storable_text(row.label, "label").strip()
    if not row.question.strip():
        raise Refusal("Write a question.", code="missing_required_parameter", param="question")
    try:
        NAME(row.name)
        row.parameters = read_parameters(row.parameters, as_json=True)
    except ValidationError as error:
        raise Refusal(error.messages[0], code="invalid_value", param="name") from error
    except ParameterError as error:
        raise Refusal.of_parameter(error) from error
    return row
