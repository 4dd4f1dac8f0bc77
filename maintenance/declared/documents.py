"""Declared objects as documents of the history, and back."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError as ShapeError

from maintenance.declared.problems import DeclarationError, Problem, of_shape
from maintenance.declared.shape import FORMS, SECTIONS, AssetName, Form, Portal, Tree
from maintenance.history.documents import Document
from maintenance.models import Asset


def read_portal(tree: Any) -> Portal:
    """Return what a document declares.

    Raises:
        DeclarationError: values that do not fit, all of them.
    """
    try:
        return Portal.model_validate(tree)
    except ShapeError as exc:
        raise of_shape(exc, _fields_at) from exc


def merge(parts: list[tuple[str, Any]]) -> Any:
    """Return one tree of several, each with the name of its file.

    Raises:
        DeclarationError: two say something of one object, or one is no document.
    """
    if len(parts) == 1:
        return parts[0][1]
    merged: Tree = {}
    problems: list[Problem] = []
    for file, tree in parts:
        if not isinstance(tree, dict):
            raise DeclarationError([Problem(file, "write names with values")])
        for section, value in tree.items():
            problems += _add(merged, section, value, file)
    if problems:
        raise DeclarationError(problems)
    return merged


def _add(merged: Tree, section: Any, value: Any, file: str) -> list[Problem]:
    if section == "$schema":
        # One for all: each file may name it for its editor.
        merged[section] = (
            merged.get(section, value) if isinstance(value, str) else value
        )
        return []
    known = merged.setdefault(section, value if section == "version" else {})
    if section == "version":
        same = known == value
        return (
            [] if same else [Problem(file, f"version {value!r:.20} beside {known!r}")]
        )
    if not isinstance(value, dict):
        return [Problem(f"{file}: {section}", "write names with values")]
    twice = [name for name in value if name in known]
    known.update(value)
    return [Problem(f"{section}.{name}", f"stands in {file}, too") for name in twice]


def document_of(noun: str, name: str, form: Form) -> Document:
    """Return a declared object in the shape of the history."""
    slug = {} if noun in ("settings", "schedule") else {"slug": name}
    return {**slug, **form.model_dump()}


def form_of(noun: str, document: Document) -> Form:
    """Return an object of the history as documents declare it.

    What cannot be declared, such as whether it is an announcement, is left out.

    Raises:
        pydantic.ValidationError: an older version let in what is refused today.
    """
    form = FORMS[noun]
    known = {k: v for k, v in document.items() if k in form.model_fields}
    return form.model_validate(known)


def canonical(noun: str, document: Document) -> Document:
    """Return what of a document counts: without what forms add to its texts."""
    try:
        form = form_of(noun, document)
    except ShapeError:
        return document
    return {**document, **form.model_dump()}


def tree_of(noun: str, document: Document) -> Tree:
    """Return an object as a document writes it, without what need not be said."""
    form = form_of(noun, document)
    tree: Tree = form.model_dump(mode="json", exclude_defaults=True)
    for name, value in form:
        if isinstance(value, AssetName) and _is_the_only_one(value.name):
            tree[name] = value.name
    if tree.get("name") == document.get("slug"):
        tree.pop("name", None)
    return tree


def assets_found(path: str, form: Form) -> tuple[Document, list[Problem]]:
    """Return the assets that an object names, with their digests."""
    found: Document = {}
    problems: list[Problem] = []
    for name, value in form:
        if isinstance(value, AssetName):
            try:
                found[name] = _asset(value)
            except LookupError as exc:
                problems.append(Problem(f"{path}.{name}", str(exc.args[0])))
    return found, problems


def _asset(wanted: AssetName) -> Document:
    digest = {"digest": wanted.digest} if wanted.digest else {}
    assets = list(Asset.objects.filter(name=wanted.name, **digest).order_by("pk")[:2])
    if not assets:
        raise LookupError(
            f"there is no file {wanted.name!r}: upload it in the admin or by the API"
        )
    if len(assets) > 1:
        raise LookupError(f"several files are named {wanted.name!r}: add the digest")
    return {"digest": assets[0].digest, "name": assets[0].name}


def _is_the_only_one(name: str) -> bool:
    return Asset.objects.filter(name=name).count() == 1


def _fields_at(path: tuple[int | str, ...]) -> list[str]:
    """Return the fields that there are where an unknown one was found."""
    sections = {section: FORMS[noun] for noun, section in SECTIONS.items()}
    form: Any = sections.get(str(path[0]), Portal) if len(path) > 1 else Portal
    for part in path[2 if form not in (Portal, FORMS["settings"]) else 1 : -1]:
        nested = (
            _form_in(form.model_fields[part].annotation)
            if part in form.model_fields
            else None
        )
        form = nested or form
    return [field.alias or name for name, field in form.model_fields.items()]


def _form_in(annotation: Any) -> type[Form] | None:
    """Return the form that an annotation holds: dict[str, TextForm], Link | None."""
    if isinstance(annotation, type) and issubclass(annotation, Form):
        return annotation
    inner = (_form_in(each) for each in getattr(annotation, "__args__", ()))
    return next((form for form in inner if form), None)
