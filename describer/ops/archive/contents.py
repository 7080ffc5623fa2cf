"""What an archive holds, judged row by row without a database: it is whole when a restore would take it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

from describer.db import version
from describer.ops.archive.empty import refuse_unknown
from describer.ops.archive.errors import ArchiveError
from describer.ops.archive.manifest import OPEN, LedgerSums, Manifest
from describer.ops.archive.reading import Tell, lines, members
from describer.ops.archive.register import Register, register
from describer.ops.archive.rows import MODELS, Row, Shape, model_of


def judge_contents(path: Path, manifest: Manifest, tell: Tell) -> None:
    """Raise ArchiveError when the rows do not fit their columns, each other, the files or the manifest."""
    refuse_unknown(manifest)
    apps = _apps_of(manifest)
    with register() as seen:
        judged = _Contents(seen, apps)
        for name, content in members(path):
            folder, _, rest = name.partition("/")
            if folder == "files":
                seen.see("file", rest)
            elif folder == "problems":
                judged.see_problems(lines(content))
            elif folder == "rows":
                label = rest.partition("/")[0]
                judged.see_rows(label, lines(content))
                tell(f"checking {label}: {judged.rows[label]:,} rows")
        judged.compare(manifest)


def _apps_of(manifest: Manifest) -> Apps:
    """Return the models of the state of migrations that the archive's rows are of."""
    names = manifest.migrations[version.APP]
    if set(names) == version.known():
        return current_apps
    loader = MigrationLoader(None)
    others = [node for node in loader.graph.leaf_nodes() if node[0] != version.APP]
    apps: Apps = loader.project_state([(version.APP, max(names)), *others]).apps
    return apps


class _Contents:
    """Counts and sums of what was seen so far."""

    def __init__(self, seen: Register, apps: Apps) -> None:
        self.seen = seen
        self.apps = apps
        self.rows: Counter[str] = Counter()
        self.ledger = LedgerSums()
        self.under_way = 0
        self.problems: Counter[str] = Counter()

    def see_problems(self, problems: Iterator[Row]) -> None:
        for problem in problems:
            name, kind = problem.get("name"), problem.get("problem")
            if not isinstance(name, str) or kind not in ("gone", "changed"):
                raise ArchiveError("The archive's list of files with problems cannot be read.")
            self.problems[kind] += 1
            if kind == "gone":
                self.seen.see("file", name)

    def see_rows(self, label: str, rows: Iterator[Row]) -> None:
        if label not in MODELS:
            raise ArchiveError(f"The archive has rows of {label}, which no backup holds.")
        relations = _Relations(label, model_of(label, self.apps), self.seen)
        for row in rows:
            values = relations.shape(row)
            relations.see(values)
            self.rows[label] += 1
            if label == "describer.attempt":
                self.ledger.add(values)
            elif label == "describer.description":
                self.under_way += values["status"] in OPEN
            for column in relations.shape.files:
                self.seen.want("file", values[column])

    def compare(self, manifest: Manifest) -> None:
        if missing := self.seen.missing():
            raise ArchiveError(f"The archive's rows name {missing}, which is not in it.")
        if self.rows != Counter(manifest.rows):
            raise ArchiveError("The archive holds other numbers of rows than its manifest says.")
        if self.ledger.sums != manifest.ledger.sums:
            raise ArchiveError("The archive's ledger has other sums than its manifest says.")
        found = self.under_way, self.problems["gone"], self.problems["changed"]
        if found != (manifest.under_way, manifest.gone, manifest.changed):
            raise ArchiveError("The archive's manifest does not say what is in it.")


class _Relations:
    """What a model's rows must be to each other and to others: ids once, uniques once, and what is referred to there."""

    def __init__(self, label: str, model: type[models.Model], seen: Register) -> None:
        self.label, self.seen = label, seen
        self.shape = Shape(model)
        self.key = model._meta.pk.attname
        self.uniques: list[tuple[str, ...]] = [
            (field.attname,) for field in model._meta.concrete_fields if field.unique
        ]
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None:
                names = [model._meta.get_field(name).attname for name in constraint.fields]  # type: ignore[union-attr]
                self.uniques.append(tuple(names))
        for together in model._meta.unique_together:
            self.uniques.append(tuple(model._meta.get_field(name).attname for name in together))  # type: ignore[union-attr]
        self.refers = {
            field.attname: field.related_model._meta.label_lower  # type: ignore[union-attr]
            for field in model._meta.concrete_fields
            if field.is_relation and getattr(field, "db_constraint", True)
        }

    def see(self, values: dict[str, Any]) -> None:
        for names in self.uniques:
            key = [values[name] for name in names]
            if None not in key and not self.seen.see(f"{self.label} {','.join(names)}", *key):
                raise ArchiveError(
                    f"The archive has a row of {self.label} twice: {', '.join(names)} is the same."
                )
        self.seen.see(self.label, values[self.key])
        for name, label in self.refers.items():
            if label in MODELS and values[name] is not None:
                self.seen.want(label, values[name])
