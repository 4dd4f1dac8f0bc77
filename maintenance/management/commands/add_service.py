"""Add a service, from a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maintenance.actions.add_service import AddServiceError, add_service
from maintenance.actions.overlap import OVERLAPS_SHOWN, overlaps
from maintenance.history.recording import turn
from maintenance.management import shell
from maintenance.management.printing import Printer, add_json
from maintenance.models import Service

_SELECTORS = {
    "--host": ("hosts", "shop.example.com or *.example.com"),
    "--path": ("paths", "a prefix such as /api"),
    "--namespace": ("namespaces", "a Kubernetes namespace"),
    "--ingress": ("ingresses", "the name of an Ingress object"),
    "--kubernetes-service": ("kubernetes_services", "the name of a Service object"),
}


class Command(BaseCommand):
    help = (
        "Add a service. All selectors that are given must match, any value of each. "
        "Exit status: 0 published, 1 or 2 nothing changed, 3 saved but not published "
        "yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "SLUG [options]")
        parser.add_argument("slug")
        parser.add_argument("--name", help="what visitors call it (default: the slug)")
        for option, (name, meaning) in _SELECTORS.items():
            parser.add_argument(
                option,
                action="append",
                default=[],
                dest=name,
                help=f"{meaning}; repeatable",
            )
        parser.add_argument(
            "--allow-cors",
            action="store_true",
            dest="allows_cors",
            help="let scripts of other origins read its page",
        )
        shell.add_actor(parser)
        add_json(parser)

    def handle(self, **options: Any) -> None:
        selectors = {name: options[name] for name, _ in _SELECTORS.values()}
        if not any(selectors.values()):
            raise CommandError(
                f"Give {options['slug']!r} at least one selector, such as --host."
            )
        service = Service(
            slug=options["slug"],
            name=options["name"] or options["slug"],
            allows_cors=options["allows_cors"],
            **selectors,
        )
        author = shell.author_from(options)
        try:
            with turn(timezone.now) as at:
                add_service(service, author=author, at=at)
                notes = overlaps(service)
        except AddServiceError as exc:
            raise CommandError(str(exc)) from exc
        printer = Printer(self, as_json=options["json"])
        printer.say(f"Added {service.slug}.")
        for note in notes[:OVERLAPS_SHOWN]:
            self.stderr.write(note)
        shell.publish_now(printer, {"id": service.pk, "slug": service.slug})
