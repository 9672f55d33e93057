"""The JSON Schema of a declaration, made from the models: ``python -m adapters.reels.declaration.schema`` writes it."""

import json
from pathlib import Path

from adapters.reels.declaration.game import Declaration

SCHEMA_FILE = Path(__file__).parents[1] / "schema" / "game.schema.json"


def schema_text() -> str:
    """Return the JSON Schema as it is published."""
    schema = Declaration.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Reelgate game declaration, format 1"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
