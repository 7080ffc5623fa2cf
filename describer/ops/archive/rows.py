"""Rows as an archive has them: which models, in which order, and each row as an object of plain values by column.

Django's own serializers would do, but for three things: they cut times to milliseconds, they name people and groups by
name or by number only all together, and they take five times as long.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import connection, models

from describer.lib.lenient_json import clean, storable
from describer.media.storage import FOLDERS
from describer.models.choice import RENDERED
from describer.ops.archive.errors import ArchiveError, as_words
from describer.ops.archive.values import Read, Unfit, reader_of, storable_text

# Files lie in folders by the first two digits of their hash.
OURS = re.compile(
    rf"(?:{'|'.join(FOLDERS)})/(?:[0-9a-f]{{2}}/)?(?![0-9a-f]{{2}}$)\w[\w.-]{{0,150}}", re.ASCII
)
MODELS = (
    "auth.group",
    "auth.group_permissions",
    "describer.user",
    "describer.user_groups",
    "describer.user_user_permissions",
    "describer.apikey",
    "describer.preset",
    "describer.preset_hidden_by",
    "describer.savedview",
    "describer.endpoint",
    "describer.image",
    "describer.sentcopy",
    "describer.comparison",
    "describer.description",
    "describer.descriptionimage",
    "describer.descriptionlink",
    "describer.tag",
    "describer.descriptiontag",
    "describer.share",
    "describer.choice",
    "describer.streamedwords",
    "describer.transcript",
    "describer.attempt",
    "describer.price",
    "describer.repricing",
    "describer.usageday",
    "describer.webhook",
    "describer.webhookdelivery",
    "admin.logentry",
)
# Permissions and kinds of content are made by each database's own migrations, so rows name them; sessions and counts of
# failed logins are of a moment; workers tell of themselves.
LEFT_OUT = (
    "auth.permission",
    "contenttypes.contenttype",
    "sessions.session",
    "axes.accessattempt",
    "axes.accessattemptexpiration",
    "axes.accessfailurelog",
    "axes.accesslog",
    "describer.worker",
    # Made anew from the words.
    "describer.searchentry",
    "describer.searchgap",
)
# Made anew from the answers, and never believed: it is shown as it stands.
COLUMNS_LEFT_OUT = {"describer.choice": RENDERED}
APPS = ("admin", "auth", "contenttypes", "describer")
_AT_ONCE = 200
_NAMED = {
    "auth.permission": ("content_type__app_label", "content_type__model", "codename"),
    "contenttypes.contenttype": ("app_label", "model"),
}
Row = dict[str, Any]
_FILE_COLUMNS = {"describer.image": ("original", "thumbnail"), "describer.sentcopy": ("file",)}


def model_of(label: str, apps: Apps = current_apps) -> type[models.Model]:
    """Return a model by its label, among those of a state of migrations."""
    return apps.get_model(label)


def rows_of(label: str) -> Iterator[Row]:
    """Yield all rows of a model by id, as few at once in memory as the database lets us."""
    model = model_of(label)
    names = [field.attname for field in fields_of(model)]
    named = {field.attname: _natural_names(field) for field in fields_of(model) if _is_named(field)}
    for values in model._base_manager.order_by("pk").values_list(*names).iterator(_AT_ONCE):
        row = dict(zip(names, values, strict=True))
        yield row | {name: known.get(row[name]) for name, known in named.items()}


def fields_of(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """Return the columns that an archive has of a model."""
    left_out = COLUMNS_LEFT_OUT.get(model._meta.label_lower, ())
    return [field for field in model._meta.concrete_fields if field.attname not in left_out]


def _is_named(field: "models.Field[Any, Any]") -> bool:
    return field.is_relation and field.related_model._meta.label_lower in _NAMED  # type: ignore[union-attr]


def _natural_names(field: "models.Field[Any, Any]") -> dict[int, str]:
    """Return by id what the rows are called in every database that this column refers to.

    A permission is "describer.image.view_image".
    """
    label = field.related_model._meta.label_lower  # type: ignore[union-attr]
    rows = model_of(label)._base_manager.values_list("pk", *_NAMED[label])
    return {pk: ".".join(names) for pk, *names in rows}


class Shape:
    """Judges rows of an archive by a model's columns."""

    def __init__(self, model: type[models.Model]) -> None:
        self.label = model._meta.label_lower
        self.left_out = COLUMNS_LEFT_OUT.get(self.label, ())
        self.reads = {field.attname: _reading(field) for field in fields_of(model)}
        self.files = _FILE_COLUMNS.get(self.label, ())

    def __call__(self, row: Row) -> Row:
        """Return a row's values as Python has them. Raises ArchiveError."""
        row = {name: value for name, value in row.items() if name not in self.left_out}
        if row.keys() != self.reads.keys():
            odd = ", ".join(map(as_words, sorted(row.keys() ^ self.reads.keys())[:3]))
            raise ArchiveError(
                f"The archive has a row of {self.label} with other columns than it should have: {odd}."
            )
        values, name = {}, ""
        try:
            for name, read in self.reads.items():
                values[name] = read(row[name])
        except Unfit as error:
            which = as_words(next(iter(row.values())))
            raise ArchiveError(
                f"The archive's {self.label} {which} does not fit: its {name} {error}."
            ) from error
        for name in self.files:
            if not OURS.fullmatch(values[name]):
                raise ArchiveError(
                    f"The archive's {self.label} names a file that is none of ours: {as_words(values[name])}."
                )
        return values


def _reading(field: "models.Field[Any, Any]") -> Read:
    """Return what reads a column; those that name a permission or a kind of content hold its name, or nothing."""
    if not _is_named(field):
        return reader_of(field)
    return lambda name: None if name is None else storable_text(name)


class Reader:
    """Makes a model's rows from objects of an archive, as this database can hold them."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.shape = Shape(model)
        self.fits = {field.attname: fit for field in fields_of(model) if (fit := _fitting(field))}
        self.needed = [field.attname for field in fields_of(model) if _is_named(field) and not field.null]

    def __call__(self, rows: Iterable[Row]) -> Iterator[models.Model]:
        """Yield the rows, but for those that name a permission of something that is no more."""
        for row in rows:
            values = self.shape(row)
            for name, fit in self.fits.items():
                if values[name] is not None:
                    values[name] = fit(values[name])
            if all(values[name] is not None for name in self.needed):
                yield self.model(**values)


def _fitting(field: "models.Field[Any, Any]") -> Read | None:
    """Return what makes a value one that this database can hold."""
    if _is_named(field):
        return {name: pk for pk, name in _natural_names(field).items()}.get
    if connection.vendor != "postgresql":
        return None
    if isinstance(field, models.JSONField):
        return storable
    if isinstance(field, models.CharField):
        return lambda text: clean(text)[: field.max_length]  # SQLite takes texts of any length
    if isinstance(field, models.TextField):
        return clean
    return None
