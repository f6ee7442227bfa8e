"""Bounded number types of the generator's configuration."""

from typing import Annotated

from pydantic import AfterValidator, Field


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[1] < pair[0]:
        raise ValueError("the second number is below the first → swap them")
    return pair


Probability = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Correlation = Annotated[float, Field(gt=-1, lt=1)]
_Count = Annotated[int, Field(ge=1)]
_Phi = Annotated[float, Field(ge=0, lt=1)]

CountRange = Annotated[tuple[_Count, _Count], AfterValidator(_ordered)]
LevelRange = Annotated[tuple[Positive, Positive], AfterValidator(_ordered)]
PhiRange = Annotated[tuple[_Phi, _Phi], AfterValidator(_ordered)]
