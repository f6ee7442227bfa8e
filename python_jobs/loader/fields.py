"""One column of a file: its text, its typed value and the rules it must keep, as SQL.

Everything arrives as text and is cast here, by the same rules for CSV and Parquet, so
that a bad value is a row in the quarantine and never a failed query.
"""

from dataclasses import dataclass
from typing import Literal

from python_jobs.platform.texts import BLANKS, HIDDEN, NO_HIDDEN

FieldKind = Literal["text", "timestamp", "date", "number", "integer"]

_TIMESTAMP = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?"
_ZONE = r"(Z| UTC|[+-]\d{2}(:?\d{2})?)"
_DATE = r"\d{4}-\d{2}-\d{2}([ T]00:00:00(\.0+)?)?"
_TEXT_LENGTH = 256


@dataclass(frozen=True)
class Field:
    """One column as it is read.

    Attributes
    ----------
    column
        Our name of it.
    kind
        Kind of its values.
    text
        SQL of its text in a row: ``fields[2]``, a literal, or a case over them.
    is_required
        Whether a missing value breaks rule ``missing_value``.
    low, high
        SQL of the smallest and greatest allowed value; `low` breaks `low_rule`,
        `high` breaks `high_rule`.
    factor
        SQL of the number that a value is multiplied by.
    choices
        Texts that are allowed, each with what it becomes; empty: any text.
    """

    column: str
    kind: FieldKind
    text: str
    is_required: bool = False
    low: str | None = None
    high: str | None = None
    low_rule: str = "out_of_range"
    high_rule: str = "out_of_range"
    factor: str | None = None
    choices: tuple[tuple[str, str], ...] = ()

    def trimmed(self, *, null_tokens: tuple[str, ...]) -> str:
        """Return the SQL of its text without blanks around it; null when it is none.

        One name has several spellings in Unicode: composed and decomposed are one.
        """
        tokens = ", ".join(literal(token) for token in ("", *null_tokens))
        text = f"trim({self.text})"
        if self.kind == "text":
            text = f"trim(nfc_normalize({self.text}), {literal(BLANKS)})"
        return f"case when {text} not in ({tokens}) then {text} end"

    @property
    def typed(self) -> str:
        """SQL of its value, null when its text is no value of its kind."""
        text = f"text_{self.column}"
        if self.kind == "timestamp":
            return (
                f"case when regexp_full_match({text}, '{_TIMESTAMP}')"
                f" then try_cast({text} as timestamp)"
                f" when regexp_full_match({text}, '{_TIMESTAMP}{_ZONE}')"
                f" then cast(try_cast({text} as timestamptz) as timestamp) end"
            )
        if self.kind == "date":
            return (
                f"case when regexp_full_match({text}, '{_DATE}')"
                f" then try_cast(left({text}, 10) as date) end"
            )
        if self.kind == "number":
            return self._number(text)
        if self.kind == "integer":
            number = self._number(text)
            is_whole = f"({number}) = floor({number})"
            return f"case when {is_whole} then try_cast({number} as bigint) end"
        if self.choices:
            cases = " ".join(
                f"when {literal(name)} then {literal(value)}"
                for name, value in self.choices
            )
            return f"case lower({text}) {cases} end"
        return text

    def _number(self, text: str) -> str:
        """Return the SQL of a finite number; a cast alone accepts 1_000 and inf."""
        number = f"try_cast({text} as double)"
        is_number = f"not contains({text}, '_') and isfinite({number})"
        product = number if self.factor is None else f"{number} * ({self.factor})"
        return f"case when {is_number} then {product} end"

    @property
    def rules(self) -> tuple[tuple[str, str], ...]:
        """Name and SQL condition of each way to break its rules; never null."""
        text, value = f"text_{self.column}", f"value_{self.column}"
        broken: list[tuple[str, str]] = []
        if self.is_required:
            broken.append(("missing_value", f"{text} is null"))
        if self.kind == "text" and not self.choices:
            is_hiding = f"coalesce(regexp_matches({text}, '{HIDDEN}'), false)"
            is_long = f"coalesce(length({text}) > {_TEXT_LENGTH}, false)"
            broken += [("hidden_character", is_hiding), ("bad_text", is_long)]
        else:
            broken.append((self.kind_rule, f"{text} is not null and {value} is null"))
        if self.low is not None:
            broken.append((self.low_rule, f"coalesce({value} < {self.low}, false)"))
        if self.high is not None:
            broken.append((self.high_rule, f"coalesce({value} > {self.high}, false)"))
        return tuple(broken)

    @property
    def kind_rule(self) -> str:
        """Rule that a text breaks which is no value of this kind."""
        names: dict[FieldKind, str] = {
            "text": f"unknown_{self.column}",
            "timestamp": "not_a_timestamp",
            "date": "not_a_date",
            "number": "not_a_number",
            "integer": "not_an_integer",
        }
        return names[self.kind]

    def expectation(self, rule: str) -> str:
        """Say what a value must be for a rule, for a message."""
        if rule == "missing_value":
            return "a value"
        if rule == "bad_text":
            return f"at most {_TEXT_LENGTH} characters"
        if rule == "hidden_character":
            return NO_HIDDEN
        if rule == self.kind_rule:
            if self.choices:
                return "one of " + ", ".join(name for name, _ in self.choices)
            return _KIND_WORDS[self.kind]
        parts = []
        if self.low is not None:
            parts.append(f"not below {self.low}")
        if self.high is not None:
            parts.append(f"not above {self.high}")
        return " and ".join(parts)


_KIND_WORDS: dict[FieldKind, str] = {
    "text": "text",
    "timestamp": "YYYY-MM-DD or YYYY-MM-DD hh:mm:ss, with Z or an offset if not UTC",
    "date": "YYYY-MM-DD",
    "number": "a number with a decimal point",
    "integer": "a whole number",
}


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"
