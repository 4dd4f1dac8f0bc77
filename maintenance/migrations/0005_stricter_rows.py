"""Texts and rows that are held to more, and a history that cannot be emptied."""

import django.core.validators
from django.db import migrations, models


TABLE = "maintenance_revision"
MESSAGE = "The history cannot be changed."

SQLITE = [
    f"""
    CREATE TRIGGER IF NOT EXISTS {TABLE}_{event.lower()} BEFORE {event} ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
    """
    for event in ("UPDATE", "DELETE")
]
# Not one of the rows, so that a trigger for each row does not see it.
POSTGRESQL = f"""
    CREATE TRIGGER {TABLE}_refuse_truncate BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()
"""


def protect_again(apps, schema_editor):
    # To add a constraint Django makes the table anew on SQLite, without triggers.
    if schema_editor.connection.vendor == "sqlite":
        for statement in SQLITE:
            schema_editor.execute(statement)


def refuse_truncate(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)


def allow_truncate(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {TABLE}_refuse_truncate ON {TABLE}")


class Migration(migrations.Migration):

    dependencies = [
        ('maintenance', '0004_service_allows_cors'),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, protect_again),
        migrations.AlterField(
            model_name='portalsettings',
            name='default_language',
            field=models.CharField(default='en', help_text='For visitors who read none of the languages of a reason.', max_length=35, validators=[django.core.validators.RegexValidator('^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\\Z', "Use a language tag such as 'fr', 'pt-BR' or 'zh-Hant'.")]),
        ),
        migrations.AlterField(
            model_name='reasontext',
            name='language',
            field=models.CharField(max_length=35, validators=[django.core.validators.RegexValidator('^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\\Z', "Use a language tag such as 'fr', 'pt-BR' or 'zh-Hant'.")]),
        ),
        migrations.AlterField(
            model_name='theme',
            name='accent',
            field=models.CharField(default='#8c2a2f', help_text='On a light background.', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', "Use a colour such as '#7a1f2b'.")], verbose_name='accent colour'),
        ),
        migrations.AlterField(
            model_name='theme',
            name='accent_dark',
            field=models.CharField(default='#eaa99b', help_text='On a dark background.', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', "Use a colour such as '#7a1f2b'.")], verbose_name='accent colour, dark'),
        ),
        migrations.AlterField(
            model_name='theme',
            name='name',
            field=models.CharField(max_length=100, validators=[django.core.validators.RegexValidator('[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]', 'The text holds a control character or is not UTF-8: remove it.', inverse_match=True)]),
        ),
        migrations.AlterField(
            model_name='publication',
            name='version',
            field=models.PositiveBigIntegerField(),
        ),
        migrations.AlterField(
            model_name='reason',
            name='slug',
            field=models.SlugField(db_index=False, help_text='Its name in headers, commands and the history.'),
        ),
        migrations.AlterField(
            model_name='service',
            name='slug',
            field=models.SlugField(db_index=False, help_text='Its name in addresses and commands.'),
        ),
        migrations.AlterField(
            model_name='theme',
            name='slug',
            field=models.SlugField(db_index=False),
        ),
        migrations.AddConstraint(
            model_name='portalsettings',
            constraint=models.CheckConstraint(condition=models.Q(('default_language__regex', '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$')), name='portal_settings_language_is_a_tag', violation_error_message="Use a language tag such as 'fr'."),
        ),
        migrations.AddConstraint(
            model_name='publication',
            constraint=models.UniqueConstraint(fields=('version',), name='publication_version_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='publication',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['ADMIN', 'COMMAND', 'API', 'SYSTEM'])), name='publication_channel_is_known'),
        ),
        migrations.AddConstraint(
            model_name='reason',
            constraint=models.UniqueConstraint(fields=('slug',), name='reason_slug_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='reasontext',
            constraint=models.CheckConstraint(condition=models.Q(('language__regex', '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$')), name='reason_text_language_is_a_tag', violation_error_message="Use a language tag such as 'fr'."),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['CREATED', 'CHANGED', 'DELETED', 'REVERTED'])), name='revision_action_is_known'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.UniqueConstraint(fields=('slug',), name='service_slug_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='theme',
            constraint=models.UniqueConstraint(fields=('slug',), name='theme_slug_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='theme',
            constraint=models.CheckConstraint(condition=models.Q(('accent__regex', '^#[0-9a-fA-F]{6}$'), ('accent_dark__regex', '^#[0-9a-fA-F]{6}$')), name='theme_colours_are_colours', violation_error_message="Use colours such as '#7a1f2b'."),
        ),
        migrations.RunPython(protect_again, migrations.RunPython.noop),
        migrations.RunPython(refuse_truncate, allow_truncate),
    ]
