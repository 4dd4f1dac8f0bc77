"""Write what the portal holds as a document that `apply` reads."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maintenance.actions.export import export_portal, to_yaml
from maintenance.declared.problems import DeclarationError
from maintenance.declared.schema import json_schema
from maintenance.management import shell


class Command(BaseCommand):
    help = (
        "Print reasons, services, schedules, themes and settings as the document that "
        "apply reads. Exit status: 0 printed, 1 something cannot be declared, 2 wrong words."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "[options]")
        parser.add_argument("--json", action="store_true", help="JSON instead of YAML")
        parser.add_argument(
            "--schema", action="store_true", help="print the JSON Schema of documents"
        )

    def handle(self, **options: Any) -> None:
        if options["schema"]:
            self.stdout.write(_json(json_schema()))
            return
        try:
            tree = export_portal()
        except DeclarationError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(_json(tree) if options["json"] else to_yaml(tree), ending="")


def _json(tree: Any) -> str:
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"
