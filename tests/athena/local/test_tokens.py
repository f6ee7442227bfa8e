"""Statements are read by their tokens: strings and comments hide nothing."""

import pytest
from athena_local.failures import MalformedStatementError
from athena_local.tokens import Reader, code_tokens, split_list


def test_quotes_and_comments_are_one_token_each() -> None:
    """A bracket, a comma or a keyword within them is no code."""
    sql = "select 'a(''b' /* f( */ -- g(\n, \"c\"\"d(\" from `e(`"
    assert [token.text for token in code_tokens(sql)] == [
        "select",
        "'a(''b'",
        ",",
        '"c""d("',
        "from",
        "`e(`",
    ]


def test_a_reader_goes_from_name_to_rest() -> None:
    """Names lose their quotes, the rest of the text stays as it is."""
    reader = Reader('Create TABLE "A"."b" with (x = (1)) as Select  1 -- why\n, 2;')
    assert reader.accept("create table")
    assert reader.names() == ["a", "b"]
    reader.expect("with")
    assert reader.brackets() == "x = (1)"
    reader.expect("as")
    assert reader.rest() == "Select  1 -- why\n, 2"


def test_what_is_not_expected_is_named_with_its_place() -> None:
    """Line and column count from one."""
    reader = Reader("drop\n  table x y")
    reader.expect("drop table")
    reader.name()
    with pytest.raises(
        MalformedStatementError, match="line 2:11: mismatched input 'y'"
    ):
        reader.end()


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("a, b", ["a", "b"]),
        (
            "a = 'x,y', b = ARRAY['p,q', 'r'], c = f(1, 2)",
            ["a = 'x,y'", "b = ARRAY['p,q', 'r']", "c = f(1, 2)"],
        ),
        ("a map<string,int>, b int", ["a map<string,int>", "b int"]),
    ],
)
def test_lists_split_only_at_their_own_commas(text: str, items: list[str]) -> None:
    """Commas in quotes and brackets belong to their item."""
    assert split_list(text) == items
