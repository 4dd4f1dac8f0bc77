"""Triggers that refuse changes of the history, and the two single rows."""

from django.db import migrations

TABLE = "maintenance_revision"
MESSAGE = "The history cannot be changed."

SQLITE = [
    f"""
    CREATE TRIGGER {TABLE}_{event.lower()} BEFORE {event} ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
    """
    for event in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    f"""
    CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$
    """,
    f"""
    CREATE TRIGGER {TABLE}_refuse BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()
    """,
]
POSTGRESQL_UNDO = [
    f"DROP TRIGGER {TABLE}_refuse ON {TABLE}",
    f"DROP FUNCTION {TABLE}_refuse",
]
SQLITE_UNDO = [f"DROP TRIGGER {TABLE}_{event}" for event in ("update", "delete")]


def refuse_changes(apps, schema_editor):
    _execute(schema_editor, {"sqlite": SQLITE, "postgresql": POSTGRESQL})


def allow_changes(apps, schema_editor):
    _execute(schema_editor, {"sqlite": SQLITE_UNDO, "postgresql": POSTGRESQL_UNDO})


def _execute(schema_editor, statements):
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def create_rows(apps, schema_editor):
    apps.get_model("maintenance", "PortalSettings").objects.get_or_create(id=1)
    apps.get_model("maintenance", "Publisher").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("maintenance", "0001_initial")]

    operations = [
        migrations.RunPython(refuse_changes, allow_changes),
        migrations.RunPython(create_rows, migrations.RunPython.noop),
    ]
