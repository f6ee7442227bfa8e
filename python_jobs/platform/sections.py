"""Base of the configuration's sections: what no value of any of them may be."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Section(BaseModel):
    """A frozen part of the configuration.

    Unknown keys are errors, and so are infinite numbers and, where a number or a text
    is meant, YAML's yes and no.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before", check_fields=False)
    @classmethod
    def _is_no_switch(cls, given: Any, info: ValidationInfo) -> Any:
        """Refuse yes and no, which Python would count as 1 and 0."""
        kind = cls.model_fields[info.field_name or ""].annotation
        is_section = isinstance(kind, type) and issubclass(kind, BaseModel)
        if kind is not bool and not is_section and _holds_bool(given):
            raise ValueError(
                "is yes or no, expected is another value → write the number, or the"
                " text in quotes"
            )
        return given


def _holds_bool(given: Any) -> bool:
    """Return whether a value, or one in its list or mapping, is true or false."""
    inside: list[Any] = [given]
    if isinstance(given, dict):
        inside = list(given.values())
    elif isinstance(given, list | tuple):
        inside = list(given)
    return any(isinstance(each, bool) for each in inside)
