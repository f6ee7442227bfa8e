"""What the properties of SQL share: the texts, rendered once."""

import pytest
from rendered_sql import model_texts, rendered

_PAST = "order by number rows between 28 preceding and 1 preceding"
MACROS = {
    "list_median": "{{ list_median('values') }}",
    "window_median": f"{{{{ window_median('value', '{_PAST}') }}}}",
    "window_median_deviation": f"{{{{ window_median_deviation('value', '{_PAST}') }}}}",
    "last_known": "{{ last_known('value', 'order by number') }}",
    "nearest_rank": "{{ nearest_rank('value', 95) }}",
    "past_weekday_median": "{{ past_weekday_median('value', 'order by number') }}",
    "add_days": "{{ add_days('first', 'days') }}",
    "days_between": "{{ days_between('first', 'last') }}",
    "trunc_month": "{{ trunc_month('first') }}",
    "trunc_quarter": "{{ trunc_quarter('first') }}",
    "trunc_year": "{{ trunc_year('first') }}",
    "iso_weekday": "{{ iso_weekday('first') }}",
    "quarter_end": "{{ quarter_end('first') }}",
    "dates_between": "{{ dates_between('first', 'last') }}",
}


@pytest.fixture(scope="session")
def sql(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the SQL of the models and macros by name."""
    texts = model_texts() | MACROS
    return rendered(tmp_path_factory.mktemp("rendered"), texts)
