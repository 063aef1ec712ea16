"""What an answer that must fit a schema is constrained to, and how it is read.

Schemas come as pydantic classes, as JSON schemas, or as whatever else LangChain knows how to
turn into one: TypedDicts, pydantic's first version, OpenAI's functions.
"""

import json
from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from cogitate.errors import ModelError

CUT = "the output was cut at the limit of {limit} tokens"

Parse = Callable[[str], Any]


class _Writable(GenerateJsonSchema):
    """JSON schemas of what a model may write, where pydantic's own allow more than it reads."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        """Return a number: pydantic's own schema has any text beside it."""
        found = super().decimal_schema(schema)
        number: dict[str, Any] = found.get("anyOf", [found])[0]
        return number


def shape_of(schema: Any) -> dict[str, Any]:
    """Return the JSON schema of what can be read as a `schema`."""
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema(schema_generator=_Writable)
    if isinstance(schema, dict) and ("type" in schema or "$ref" in schema or "anyOf" in schema):
        return schema
    return convert_to_json_schema(schema)


def traced(schema: Any, shape: dict[str, Any]) -> dict[str, Any]:
    """Return the schema as LangChain's traces show it; `shape` where LangChain cannot say."""
    if not isinstance(schema, type):
        return shape
    try:
        return convert_to_json_schema(schema)
    except (TypeError, ValueError, KeyError, RecursionError):
        return shape


def parser_of(schema: Any) -> Parse:
    """Return what reads a JSON text as a `schema`: an object of the class, or a dict."""
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_validate_json
    if hasattr(schema, "parse_raw"):  # a class of pydantic's first version
        return lambda text: schema.parse_obj(json.loads(text))
    return json.loads


def reader_of(parse: Parse, *, strict: bool) -> Callable[[AIMessage], dict[str, Any]]:
    """Return what reads a message: {"raw", "parsed", "parsing_error"}.

    Args:
        parse: reads the text.
        strict: raise what is wrong instead of returning it.
    """

    def read(message: AIMessage) -> dict[str, Any]:
        try:
            if message.response_metadata.get("finish_reason") == "length":
                usage = message.usage_metadata
                raise ModelError(CUT.format(limit=usage["output_tokens"] if usage else "?"))
            return {"raw": message, "parsed": parse(message.text), "parsing_error": None}
        except (ValueError, ModelError) as error:
            if strict:
                raise
            return {"raw": message, "parsed": None, "parsing_error": error}

    return read
