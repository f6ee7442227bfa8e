"""SQL as tokens: enough grammar to read a statement's head without guessing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from athena_local.failures import MalformedStatementError

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" )
    | (?P<backquoted> `(?:[^`]|``)*` )
    | (?P<word> [^\W\d][\w$@]* )
    | (?P<number> \d[\w.]* )
    | (?P<symbol> \S )
    """,
    re.VERBOSE | re.DOTALL,
)
_NAMES = ("word", "quoted", "backquoted", "number")


@dataclass(frozen=True)
class Token:
    """One token: its kind (a group of the pattern), text and place in the SQL."""

    kind: str
    text: str
    start: int
    end: int

    def is_word(self, word: str) -> bool:
        """Tell whether it is this bare word or symbol, in any case."""
        return self.kind in ("word", "symbol") and self.text.lower() == word


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of a statement, comments included."""
    for match in _TOKEN.finditer(sql):
        yield Token(match.lastgroup or "symbol", match[0], match.start(), match.end())


def code_tokens(sql: str) -> list[Token]:
    """Return the tokens of a statement without its comments."""
    return [token for token in tokens(sql) if token.kind != "comment"]


def unquoted(text: str) -> str:
    """Return an identifier or a string without its quotes."""
    if text[:1] in ("'", '"', "`"):
        return text[1:-1].replace(text[0] * 2, text[0])
    return text


class Reader:
    """Reads a statement from left to right.

    Parameters
    ----------
    sql
        One statement; comments are skipped, a closing semicolon is left out.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = code_tokens(sql)
        if self.tokens and self.tokens[-1].text == ";":
            self.tokens.pop()
        self.position = 0

    @property
    def current(self) -> Token:
        """The next token; an empty one at the end."""
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        return Token("end", "", len(self.sql), len(self.sql))

    def at(self, words: str) -> bool:
        """Tell whether the next tokens are these words."""
        expected = words.split()
        found = self.tokens[self.position : self.position + len(expected)]
        return len(found) == len(expected) and all(
            token.is_word(word) for token, word in zip(found, expected, strict=True)
        )

    def accept(self, words: str) -> bool:
        """Go past these words if they are next, and tell whether they were."""
        if not self.at(words):
            return False
        self.position += len(words.split())
        return True

    def expect(self, words: str) -> None:
        """Go past these words, or refuse the statement."""
        if not self.accept(words):
            raise self.unexpected(words)

    def unexpected(self, expected: str) -> MalformedStatementError:
        """Return the error for a token that is not the expected one."""
        line = self.sql.count("\n", 0, self.current.start) + 1
        column = self.current.start - (self.sql.rfind("\n", 0, self.current.start) + 1)
        return MalformedStatementError(
            f"line {line}:{column + 1}: mismatched input "
            f"'{self.current.text or '<EOF>'}'. Expecting: '{expected.upper()}'"
        )

    def next(self) -> Token:
        """Return the next token and go past it."""
        token = self.current
        if token.kind == "end":
            raise self.unexpected("more")
        self.position += 1
        return token

    def name(self) -> str:
        """Read an identifier in any quotes; Glue keeps names in lower case."""
        if self.current.kind not in _NAMES:
            raise self.unexpected("<identifier>")
        return unquoted(self.next().text).lower()

    def names(self) -> list[str]:
        """Read identifiers with dots between them."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        return parts

    def string(self) -> str:
        """Read a string and return what is between its quotes."""
        if self.current.kind != "string":
            raise self.unexpected("<string>")
        return unquoted(self.next().text)

    def brackets(self) -> str:
        """Read the text between a bracket and the one that closes it."""
        start = self.current
        self.expect("(")
        depth = 1
        while depth:
            token = self.next()
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        return self.sql[start.end : self.tokens[self.position - 1].start]

    def rest(self) -> str:
        """Read all that is left, without the semicolon; comments within stay."""
        if self.position >= len(self.tokens):
            return ""
        start, end = self.current.start, self.tokens[-1].end
        self.position = len(self.tokens)
        return self.sql[start:end]

    def end(self) -> None:
        """Refuse the statement if anything is left."""
        if self.position < len(self.tokens):
            raise self.unexpected("<EOF>")


def split_list(text: str) -> list[str]:
    """Split at the commas that no bracket and no quote holds.

    Returns
    -------
    list of str
        Stripped items; an empty text has none.
    """
    items, depth, start = [], 0, 0
    for token in code_tokens(text):
        depth += {"(": 1, "[": 1, "<": 1, ")": -1, "]": -1, ">": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            items.append(text[start : token.start].strip())
            start = token.end
    last = text[start:].strip()
    return [*items, last] if last else items
