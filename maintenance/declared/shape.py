"""The shape of a document: what can be declared, and how it is written.

A field of the history's documents that can be declared is one line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from django.core.exceptions import ValidationError
from django.db import models
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from maintenance.declared.columns import Column, Instant, Prose, Word
from maintenance.domain.language import is_language
from maintenance.models import (
    Asset,
    Declaration,
    PortalSettings,
    Reason,
    ReasonText,
    Service,
    Theme,
)
from maintenance.models.errors import in_sentences
from maintenance.models.fields import MAX_LINES
from maintenance.models.theme import MAX_LINKS, MAX_URL_LENGTH

MAX_OBJECTS = 20_000
MAX_LANGUAGES = 200
MAX_SERVICES = 10_000


def _sorted(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError("a name stands there twice")
    return sorted(names)


def _known_language(tag: str) -> str:
    if not is_language(tag):
        raise ValueError(
            f"{tag!r:.40} is no language: use a tag such as 'fr' or 'pt-BR'"
        )
    return tag


Items = Field(max_length=MAX_LINES)
ReasonName = Annotated[str, Column(Reason, "slug", "The name of a reason.")]
ServiceName = Annotated[str, Column(Service, "slug", "The name of a service.")]
ThemeName = Annotated[str, Column(Theme, "slug", "The name of a theme.")]
ScheduleName = Annotated[
    str, Column(Declaration, "name", "By which the document knows a schedule.")
]
Language = Annotated[
    str,
    Column(ReasonText, "language", "A language tag: fr, pt-BR."),
    AfterValidator(_known_language),
]
Names = Annotated[
    list[ServiceName], Field(max_length=MAX_SERVICES), AfterValidator(_sorted)
]


class Form(BaseModel):
    """One object, as documents write it; its values are those of the history."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    model: ClassVar[type[models.Model] | None] = None

    @model_validator(mode="after")
    def _fits(self) -> Form:
        """Ask the model whether its columns go together."""
        if self.model is None:
            return self
        columns = _own_columns(self.model)
        values = {k: v for k, v in self.model_dump().items() if k in columns}
        every = {field.name for field in self.model._meta.fields}  # noqa: SLF001  public in Django
        try:
            self.model(**values).clean_fields(exclude=every - values.keys())
        except ValidationError as exc:
            raise ValueError(in_sentences(exc)) from exc
        return self


def _own_columns(model: type[models.Model]) -> frozenset[str]:
    """Return the names of columns that need no other row, and are not times."""
    return frozenset(
        field.name
        for field in model._meta.fields  # noqa: SLF001  public in Django
        if not isinstance(field, models.ForeignKey | models.DateTimeField)
    )


class AssetName(Form):
    """An uploaded file; the digest tells it from others of the same name."""

    name: Annotated[str, Column(Asset, "name", "The name of an uploaded file.")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class Link(Form):
    """A link of a theme."""

    label: str
    url: str


class ThemeForm(Form):
    """How pages look."""

    model = Theme
    name: Annotated[str, Column(Theme, "name", "Default: its name here.")]
    design: Annotated[Word, Column(Theme, "design")] = "entracte"
    accent: Annotated[str, Column(Theme, "accent")] = "#8c2a2f"
    accent_dark: Annotated[str, Column(Theme, "accent_dark")] = "#eaa99b"
    logo: AssetName | None = None
    favicon: AssetName | None = None
    background: Annotated[str, Column(Theme, "background")] = ""
    background_dark: Annotated[str, Column(Theme, "background_dark")] = ""
    links: Annotated[list[Link], Field(max_length=MAX_LINKS)] = []
    footer: Annotated[str, Column(Theme, "footer")] = ""
    extra_css: Annotated[Prose, Column(Theme, "extra_css")] = ""
    site: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class TextForm(Form):
    """What a reason says in one language."""

    model = ReasonText
    title: Annotated[Prose, Column(ReasonText, "title")] = ""
    text: Annotated[Prose, Column(ReasonText, "text")]
    format: Annotated[Word, Column(ReasonText, "format")] = "markdown"


class ReasonForm(Form):
    """Why visitors see a page."""

    model = Reason
    kind: Annotated[Word, Column(Reason, "kind")] = "planned"
    status: Annotated[StrictInt, Field(ge=400, le=599)] | None = None
    texts: Annotated[
        dict[Language, TextForm], Field(min_length=1, max_length=MAX_LANGUAGES)
    ]


class ServiceForm(Form):
    """What visitors know by a name; all selectors given must match."""

    model = Service
    name: Annotated[str, Column(Service, "name", "Default: its name here.")]
    hosts: Annotated[
        list[Annotated[str, Column(Service, "hosts", "A host.")]], Items
    ] = []
    paths: Annotated[
        list[Annotated[str, Column(Service, "paths", "A prefix.")]], Items
    ] = []
    namespaces: Annotated[
        list[Annotated[str, Column(Service, "namespaces", "A namespace.")]], Items
    ] = []
    ingresses: Annotated[
        list[Annotated[str, Column(Service, "ingresses", "An Ingress object.")]], Items
    ] = []
    kubernetes_services: Annotated[
        list[Annotated[str, Column(Service, "kubernetes_services", "A Service.")]],
        Items,
    ] = []
    reason: ReasonName | None = None
    theme: ThemeName | None = None
    allows_cors: StrictBool = False


class ScheduleForm(Form):
    """When a reason applies, and where."""

    reason: ReasonName
    everywhere: StrictBool = False
    services: Names = []
    opens_at: Instant
    closes_at: Instant | None = None
    keep_until_ended: StrictBool = False


class SettingsForm(Form):
    """What holds for all services."""

    model = PortalSettings
    default_reason: ReasonName | None = None
    default_language: Annotated[
        str,
        Column(PortalSettings, "default_language"),
        AfterValidator(_known_language),
    ] = "en"
    theme: ThemeName | None = None


def _named(value: Any) -> Any:
    """Give objects that say no name their own."""
    if not isinstance(value, dict):
        return value
    return {
        key: {"name": key, **form} if isinstance(form, dict) else form
        for key, form in value.items()
    }


def _refuse_crowds(portal: dict[Any, Any]) -> None:
    """Refuse too many objects at once, before each of them is looked at."""
    for section, names in portal.items():
        if isinstance(names, dict) and len(names) > MAX_OBJECTS:
            raise ValueError(
                f"{section!r:.60} has {len(names):,} names: {MAX_OBJECTS:,} at most"
            )


Many: Any = Field(default={}, max_length=MAX_OBJECTS)


class Portal(Form):
    """Everything that one document declares."""

    version: Literal[1]
    settings: SettingsForm | None = None
    themes: Annotated[dict[ThemeName, ThemeForm], Many]
    reasons: Annotated[dict[ReasonName, ReasonForm], Many]
    services: Annotated[dict[ServiceName, ServiceForm], Many]
    schedules: Annotated[dict[ScheduleName, ScheduleForm], Many]
    # Editors look there for what a document may hold. It declares nothing.
    schema_address: str = Field(
        default="",
        alias="$schema",
        max_length=MAX_URL_LENGTH,
        exclude=True,
        description="Where editors find this schema.",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_names(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        _refuse_crowds(value)
        named = {
            key: _named(value[key]) for key in ("themes", "services") if key in value
        }
        return {**value, **named}

    def objects(self) -> Iterator[tuple[str, str, Form]]:
        """Give noun, name and form of each object, in an order that they can be made."""
        for noun, section in SECTIONS.items():
            forms = getattr(self, section)
            if noun == "settings":
                forms = {"settings": forms} if forms else {}
            for name, form in forms.items():
                yield noun, name, form


# In the order in which they can be made; the other way round they can be deleted.
SECTIONS = {
    "theme": "themes",
    "reason": "reasons",
    "service": "services",
    "settings": "settings",
    "schedule": "schedules",
}
FORMS: dict[str, type[Form]] = {
    "theme": ThemeForm,
    "reason": ReasonForm,
    "service": ServiceForm,
    "settings": SettingsForm,
    "schedule": ScheduleForm,
}
Tree: TypeAlias = dict[str, Any]
