"""Files are forecast without a warehouse: every bad cell has one clear message."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from capacity_process import Capacity

from python_jobs.cli.panel_files import read_series, write_rows
from python_jobs.platform.errors import InputError, PlatformError, UsageError

HEADER = "unique_id,ds,y"
ROWS = [f"web,2024-01-{day:02d},{50 + day % 7}" for day in range(1, 31)]
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return a function that writes lines under a header."""

    def write(*lines: str, header: str = HEADER, name: str = "loads.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    return write


@pytest.mark.parametrize("given", [".csv", ".parquet"])
@pytest.mark.parametrize("wanted", [".csv", ".parquet"])
def test_suffixes_say_what_a_file_is(
    written: Written, tmp_path: Path, given: str, wanted: str
) -> None:
    """Both ways, the same rows: no digit is lost."""
    path = written(*ROWS)
    if given == ".parquet":
        rows = pd.read_csv(path, parse_dates=["ds"])
        path = path.with_suffix(given)
        rows.to_parquet(path, index=False)
    rows = read_series([path], frequency="D")
    output = tmp_path / f"out{wanted}"
    write_rows(rows.assign(y=rows["y"] / 3.0), output)
    read = read_series([output], frequency="D")
    assert len(read) == 30
    np.testing.assert_array_equal(read["y"], [(50 + d % 7) / 3.0 for d in range(1, 31)])
    assert sorted(each.name for each in tmp_path.glob("*out*")) == [output.name]


FAULTS = {
    "endless": (["web,2024-02-01,inf"], r":32 column y is 'inf'; expected a number"),
    "ever": (
        ["web,9999-12-31,5"],
        r":32 column ds is '9999-12-31'; expected a time (such|of the years 1900)",
    ),
    "year": (
        ["web,0024-02-01,5"],
        r":32 column ds is '0024-02-01'; expected a time (such|of the years 1900)",
    ),
    "number": (["web,2024-02-01,many"], r":32 column y is 'many'; expected a number"),
    "comma": (['web,2024-02-01,"1,5"'], r":32 column y is '1,5'; expected a number"),
    "time": (["web,soon,5"], r":32 column ds is 'soon'; expected a time such as"),
    "no_time": (["web,,5"], r":32 column ds is ''; expected a time"),
    "key": ([",2024-02-01,5"], r":32 column unique_id is ''; expected an identifier"),
    "later": (["", "", "web,2024-02-01,?"], r":34 column y is '\?'; .*1 such cells"),
    "twice": (
        [ROWS[0], ROWS[1]],
        r":32 unique_id web has a second value for 2024-01-01 .*2 such rows",
    ),
    "columns": (["web,2024-02-01,5,6"], r"cannot be read: .*line 32.* → mend the file"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_cell_is_named(written: Written, name: str) -> None:
    """File, line, column, what it is and what it should be."""
    lines, said = FAULTS[name]
    path = written(*ROWS, *lines)
    with pytest.raises(InputError, match=f"{path.name}.*{said}|{path.name}{said}"):
        read_series([path], frequency="D")


@pytest.mark.parametrize("hidden", ["\u0000", "\u0085", "\u200b", "\t"], ids=ascii)
def test_a_hidden_character_is_refused(
    written: Written, tmp_path: Path, hidden: str
) -> None:
    """As `capacity load` does, whatever the file: it would be a series of its own."""
    rows = pd.DataFrame({"unique_id": [f"a{hidden}"], "ds": "2024-01-01", "y": 1.0})
    rows.to_parquet(tmp_path / "x.parquet")
    said = r"x.parquet:1 column unique_id is 'a\\(u|t).*no control, format or separator"
    with pytest.raises(InputError, match=said):
        read_series([tmp_path / "x.parquet"], frequency="D")


def test_spellings_of_one_id_are_one_series(written: Written) -> None:
    """Composed and decomposed, with blanks of any width around it."""
    path = written(
        *(
            "b\u00fc,2024-01-01,1",
            "bu\u0308,2024-01-02,1",
            "\u00a0b\u00fc ,2024-01-03,1",
        )
    )
    rows = read_series([path], frequency="D")
    assert rows["unique_id"].tolist() == ["b\u00fc"] * 3


def test_an_unknown_calendar_is_named(written: Written) -> None:
    """Line, column, and which there are; nothing stands for the usual one."""
    lines = ["web,2024-01-01,5,", "web,2024-01-02,5,us_bank", "web,2024-01-03,5,mars"]
    path = written(*lines, header=f"{HEADER},calendar_id")
    said = r":4 column calendar_id is 'mars'; expected uk_bank or us_bank"
    with pytest.raises(InputError, match=said):
        read_series([path], frequency="D")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("unique_id,day,y", "has no column ds or timestamp; it has unique_id, day, y"),
        ("unique_id;ds;y", "has no column unique_id or server_id"),
        (HEADER, "has no row → give it series"),
    ],
)
def test_a_file_without_series_is_reported(
    written: Written, header: str, said: str
) -> None:
    """Which column is missing, and which are there."""
    with pytest.raises(InputError, match=said):
        read_series([written(header=header)], frequency="D")


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_missing_file_is_reported(tmp_path: Path, name: str) -> None:
    """Its name, not a traceback."""
    with pytest.raises(InputError, match=f"{name} does not exist → check the name"):
        read_series([tmp_path / name], frequency="D")


def test_a_broken_file_is_reported(tmp_path: Path) -> None:
    """Bytes that are no Parquet."""
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match=r"n.parquet cannot be read: .* → mend the fi"):
        read_series([path], frequency="D")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_another_encoding_is_reported(tmp_path: Path, encoding: str) -> None:
    """A spreadsheet saves as such: the file is named, and how to save it."""
    path = tmp_path / "loads.csv"
    path.write_text(f"{HEADER}\nbüro,2024-01-01,5\n", encoding=encoding)
    said = f"{path} is not UTF-8 text → save it as UTF-8"
    with pytest.raises(InputError, match=said):
        read_series([path], frequency="D")


def test_a_suffix_may_be_in_capitals(written: Written, tmp_path: Path) -> None:
    """Read and written as what it says."""
    rows = read_series([written(*ROWS, name="USAGE.CSV")], frequency="D")
    write_rows(rows, tmp_path / "OUT.CSV")
    assert len(read_series([tmp_path / "OUT.CSV"], frequency="D")) == 30


def test_metrics_side_by_side_are_reported(written: Written) -> None:
    """Two metrics of a server are two series: aggregating them would be wrong."""
    path = written(
        *("s1,2024-01-01,cpu,1", "s1,2024-01-01,memory,2"),
        header="server_id,timestamp,metric,value",
    )
    said = r":3 unique_id s1 .* column metric tells cpu and memory apart.*as s1/cpu"
    with pytest.raises(InputError, match=said):
        read_series([path], frequency="D")


@pytest.mark.parametrize("name", ["loads.csv", "loads.parquet"])
def test_a_day_is_that_of_the_time_as_written(
    written: Written, tmp_path: Path, name: str
) -> None:
    """A midnight at +02:00 is 22:00 UTC of the day before, and still a day's start."""
    stamps = [f"2024-01-0{day}T00:00:00+02:00" for day in range(1, 4)]
    path = tmp_path / name
    if path.suffix == ".csv":
        written(*(f"web,{stamp},5" for stamp in stamps))
    else:
        columns = {"unique_id": "web", "ds": pd.to_datetime(stamps), "y": 5.0}
        pd.DataFrame(columns).to_parquet(path)
    days = read_series([path], frequency="D")["ds"]
    assert days.dt.strftime("%m-%d %H").tolist() == ["01-01 00", "01-02 00", "01-03 00"]
    hours = read_series([path], frequency="h")["ds"]
    assert hours.dt.strftime("%m-%d %H").iloc[0] == "12-31 22"


def test_rows_after_the_as_of_date_are_not_read(written: Written) -> None:
    """That day itself is; a day before all rows leaves nothing, which is an error."""
    path = written(*ROWS)
    rows = read_series([path], frequency="D", as_of=date(2024, 1, 12))
    assert (len(rows), rows["ds"].max()) == (12, pd.Timestamp("2024-01-12"))
    with pytest.raises(UsageError, match="--as-of 2023-12-31 is before the first row"):
        read_series([path], frequency="D", as_of=date(2023, 12, 31))


def test_other_names_and_blank_lines_are_read(written: Written) -> None:
    """The names of a server's metrics, missing values of all spellings, UTC times."""
    path = written(
        *("web,2024-01-01T00:30:00Z,1.5", "", "web,2024-01-01T02:00:00+01:00,NaN"),
        *("web,2024-01-01 02:10,null", "07,2024-01-01,", ""),
        header="server_id,timestamp,value",
    )
    rows = read_series([path], frequency="h")
    assert rows["unique_id"].tolist() == ["web", "web", "web", "07"]
    assert rows["ds"].dt.hour.tolist() == [0, 1, 2, 0]
    assert rows["y"].fillna(-1.0).tolist() == [1.5, -1.0, -1.0, -1.0]


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    """A write that fails leaves the file of before, and no other."""
    output = tmp_path / "out.csv"
    output.write_text("before\n")

    class Unwritable:
        def __str__(self) -> str:
            raise OSError(28, "No space left on device")

    rows = pd.DataFrame({"y": [1.0, Unwritable()]}, dtype=object)
    with pytest.raises(PlatformError, match=r"out.csv cannot be written: No space"):
        write_rows(rows, output)
    assert output.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [output]


def test_files_become_one_forecast(
    capacity: Capacity, written: Written, tmp_path: Path
) -> None:
    """Two files in, one out, with one line of summary, and no warehouse is made."""
    first = written(*ROWS, name="first.csv")
    second = written(*(row.replace("web", "WEB") for row in ROWS[:3]), name="two.csv")
    output = tmp_path / "ahead.csv"
    ended = capacity("forecast", first, second, "--output", output, "--horizon", 5)
    assert ended.returncode == 0, ended.stderr
    assert "WEB and web" in ended.stderr, "two names of different case are told"
    assert "2 series, 10 rows in" in ended.stdout
    assert "fallbacks: 1 too_short" in ended.stdout
    rows = pd.read_csv(output)
    assert rows["unique_id"].tolist() == ["WEB"] * 5 + ["web"] * 5
    assert rows["ds"].iloc[[0, -1]].tolist() == ["2024-01-04", "2024-02-04"]
    assert rows["forecast_value"].between(45.0, 60.0).all()
    assert {each.suffix for each in tmp_path.iterdir()} == {".csv"}


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--output", "out.txt"], 2, "--output out.txt → end the name in .csv or"),
        (["--output", "out.csv", "--frequency", "W"], 2, "--frequency W → D or h"),
        (["--output", "none/out.csv"], 4, "none/out.csv cannot be written"),
        (["--output", "loads.csv"], 2, "loads.csv is one of the files to forecast"),
        (
            ["--output", "out.csv", "--horizon", "4000000"],
            2,
            "ends after the year 2199",
        ),
    ],
)
def test_a_wrong_option_has_its_code(
    capacity: Capacity, written: Written, options: list[str], code: int, said: str
) -> None:
    """One message on the standard error, and nothing is written."""
    path = written(*ROWS)
    ended = capacity("forecast", path, "--horizon", 3, *options)
    assert ended.returncode == code
    assert said in ended.stderr
    assert ended.stdout == ""
    assert sorted(path.parent.iterdir()) == [path]


def test_a_bad_file_ends_with_its_code(capacity: Capacity, written: Written) -> None:
    """The code of input, and the message names the line."""
    path = written(*ROWS, "web,2024-02-01,many")
    ended = capacity("forecast", path, "--output", "out.csv", "--horizon", 3)
    assert ended.returncode == 3
    assert f"{path}:32 column y is 'many'" in ended.stderr
    assert sorted(path.parent.iterdir()) == [path]
