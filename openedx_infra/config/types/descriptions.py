"""The docstrings of a section's fields, read from the source only when asked for."""

from __future__ import annotations

import ast
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel


@cache
def descriptions(section: type[BaseModel]) -> dict[str, str]:
    """The docstring of each field that has one, by the field's name.

    Pydantic's `use_attribute_docstrings` reads the same at every import of the models: a quarter of the time
    that it takes, for texts that only references and errors need.
    """
    texts: dict[str, str] = {}
    for parent in reversed(section.__mro__):
        if parent not in BaseModel.__mro__:
            texts |= _docstrings(parent)
    texts |= {name: field.description for name, field in section.model_fields.items() if field.description}
    return {name: text for name, text in texts.items() if name in section.model_fields}


def _docstrings(section: type) -> dict[str, str]:
    try:
        source = getsource(section)
    except OSError:  # put together when the program ran, as of companion services: fields have descriptions
        return {}
    [definition] = ast.parse(dedent(source)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: cleandoc(text.value.value)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
