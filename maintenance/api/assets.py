"""Assets: upload a file, by the checks of the admin."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from maintenance.actions.assets import (
    MAX_BYTES,
    AssetError,
    describe_asset,
    refuse_twin,
    save_asset,
    store_asset,
)
from maintenance.api.fields import QueryFields, unprocessable
from maintenance.api.openapi import idempotency_key
from maintenance.api.problems import FieldError, ProblemError
from maintenance.api.resources import (
    CREATED,
    Resource,
    created,
    creation,
    token_of,
)
from maintenance.history.recording import Change
from maintenance.models import Asset
from maintenance.models.token import Scope
from maintenance.publishing.current import current_store
from maintenance.publishing.store import StoreError

router = Router(tags=["assets"])


class AssetQuery(QueryFields):
    name: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="The file's name: logo.png.",
    )


ASSETS = Resource("asset", "assets", "pk", is_document=False, verbs=("read", "delete"))


@router.post(
    "/assets",
    response={CREATED: None},
    operation_id="create_asset",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": f"The file itself, at most {MAX_BYTES:,} bytes.",
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary"}
                }
            },
        },
        "parameters": [idempotency_key()],
        "responses": creation(ASSETS)["responses"],
    },
)
def create_asset(request: HttpRequest, query: Query[AssetQuery]) -> HttpResponse:
    """Upload a PNG, JPEG, GIF, WebP or ICO file."""
    token = token_of(request, Scope.MANAGE)
    asset = Asset()
    try:
        describe_asset(asset, query.name, request.body)
        # Before the turn to change things is taken: a storage that hangs would keep it
        # from everybody. To store the same content again does no harm.
        store_asset(current_store(), asset, request.body)
    except AssetError as exc:
        raise _refusal(exc) from exc
    except StoreError as exc:
        raise ProblemError(503, f"The storage did not take it: {exc}") from exc
    return created(request, token, ASSETS, lambda made: _save(asset, made))


def _save(asset: Asset, made: Change) -> Asset:
    try:
        refuse_twin(asset)
    except AssetError as exc:
        raise _refusal(exc) from exc
    save_asset(asset, made)
    return asset


def _refusal(exc: AssetError) -> ProblemError:
    return unprocessable([FieldError("body", str(exc))])
