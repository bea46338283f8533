"""CPU, memory and disk in a stack file, as Kubernetes writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from openedx_infra.config.types.patterns import Pattern

_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def cpu_cores(value: str) -> Decimal:
    """The number of cores that a CPU quantity (`250m`, `2`) stands for."""
    return Decimal(value[:-1]) / 1000 if value.endswith("m") else Decimal(value)


def memory_bytes(value: str) -> int:
    """The number of bytes that a memory or storage quantity (`512Mi`, `20Gi`) stands for."""
    return int(value[:-2]) * _UNITS[value[-2:]]


@dataclass(frozen=True, kw_only=True)
class Quantity(Pattern):
    """A rule for an amount: its form, and the least and the most that make sense."""

    least: str
    most: str
    amount: Callable[[str], Decimal | int]
    """What such a text amounts to, to compare it."""
    number: Callable[[Decimal], str]
    """The text for a plain number, as Kubernetes reads it. Raises ValueError where it makes no sense."""

    def check(self, value: str) -> str:
        """The text itself. Raises ValueError for another form, and for an amount beyond sense."""
        super().check(value)
        if self.amount(value) < self.amount(self.least):
            raise ValueError(f"is too small for a {self.noun}: write at least {self.least}")
        if self.amount(value) > self.amount(self.most):
            raise ValueError(f"is too large for a {self.noun}: write at most {self.most}")
        return value

    def _as_text(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return self.number(Decimal(str(value)))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's protocol: numbers become text before the form is checked."""
        checked = super().__get_pydantic_core_schema__(source, handler)
        return core_schema.no_info_before_validator_function(self._as_text, checked)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Pydantic's protocol: the same rule for editors."""
        return {**super().__get_pydantic_json_schema__(schema, handler), "type": ["string", "number"]}


def _cores(number: Decimal) -> str:
    thousandths = number * 1000
    if not thousandths.is_finite() or thousandths != thousandths.to_integral_value():
        raise ValueError('is no CPU quantity: write thousandths of a core ("250m") or whole cores (2)')
    return f"{int(number)}" if number == number.to_integral_value() else f"{int(thousandths)}m"


def _without_unit(number: Decimal) -> str:
    whole = int(number) if number.is_finite() and number > 0 else 1
    raise ValueError(f"has no unit: write {whole}Gi if you mean gibibytes (others: Ki, Mi, Ti)")


Cpu = Annotated[
    str,
    Quantity(
        noun="CPU quantity",
        regex=r"[1-9][0-9]*m?",
        rule='thousandths of a core ("250m") or whole cores (2)',
        example="250m",
        least="1m",
        most="1024",
        amount=cpu_cores,
        number=_cores,
    ),
]
"""CPU as Kubernetes writes it: thousandths of a core (`250m`) or cores (`2`, `0.5`); at most 1024 cores, more
than any node has (a guess)."""


def _binary(noun: str, least: str, most: str) -> Quantity:
    return Quantity(
        noun=noun,
        regex=r"[1-9][0-9]*(Ki|Mi|Gi|Ti)",
        rule="a whole number and a binary unit: Ki, Mi, Gi or Ti",
        example="512Mi",
        least=least,
        most=most,
        amount=memory_bytes,
        number=_without_unit,
    )


Memory = Annotated[str, _binary("memory size", "1Mi", "32Ti")]
"""Memory as Kubernetes writes it, in binary units (`512Mi`, `2Gi`). At most 32Ti, AWS' largest machine."""

Disk = Annotated[str, _binary("storage size", "16Mi", "64Ti")]
"""The size of a volume, in binary units (`20Gi`). At least 16Mi, as smaller ones hold no file system with
anything in it (a guess); at most 64Ti, AWS' largest volume."""
