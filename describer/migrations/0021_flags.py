"""What may be odd about an answer, so that lists narrowed to it are one short index range."""

from typing import Any

from django.db import migrations, models
from django.db.models import F, Q

from describer.chat.completion import reading

CUT_OFF, REFUSED, EMPTY, CHANGED = 1, 2, 4, 8


def flag_answers(apps: Any, schema_editor: Any) -> None:
    """Flag what was answered before: by statements over whole tables, some seconds at a million rows."""
    choices = apps.get_model("describer", "Choice").objects
    attempts = apps.get_model("describer", "Attempt").objects
    changed = attempts.exclude(changed=[]).values("description")
    counted = choices.filter(index=F("description__kept"))
    reasons = {reason: reading(reason) for reason in choices.values_list("finish_reason", flat=True).distinct()}
    cut = [reason for reason, end in reasons.items() if end == "length"]
    filtered = [reason for reason, end in reasons.items() if end == "filter"]
    refused = ~Q(refusal=None) & ~Q(refusal="")
    is_empty = Q(content=None) | Q(content="")
    uncalled = Q(tool_calls=None) | Q(tool_calls=[])
    for bit, which in (
        (CUT_OFF, Q(finish_reason__in=cut)),
        (REFUSED, Q(finish_reason__in=filtered) | refused),
        (EMPTY, is_empty & ~refused & uncalled),
    ):
        flag(apps, bit, counted.filter(which).values("description"))
    flag(apps, CHANGED, changed)


def flag(apps: Any, bit: int, numbers: Any) -> None:
    rows = apps.get_model("describer", "Description").objects.filter(pk__in=numbers)
    rows.update(flags=F("flags").bitor(bit))


class Migration(migrations.Migration):
    dependencies = [
        ("describer", "0020_streamed_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="description",
            name="flags",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.RunPython(flag_answers, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="description",
            index=models.Index(
                condition=models.Q(("flags__gt", 0)), fields=["owner", "id"], name="description_flags"
            ),
        ),
    ]
