"""The JSON Schema of documents, out of their shape."""

from __future__ import annotations

from maintenance.declared.shape import Portal, Tree

_SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def json_schema(*, ref_template: str = "#/$defs/{model}") -> Tree:
    """Return the JSON Schema of documents, for editors and checks elsewhere."""
    schema = Portal.model_json_schema(ref_template=ref_template)
    for form in ("ThemeForm", "ServiceForm"):
        schema["$defs"][form]["required"] = [
            name for name in schema["$defs"][form].get("required", ()) if name != "name"
        ]
    asset = schema["$defs"]["AssetName"]
    schema["$defs"]["AssetName"] = {
        "anyOf": [asset["properties"]["name"], {**asset}],
    }
    return {"$schema": _SCHEMA_ID, **schema, "title": "Entracte's configuration"}
