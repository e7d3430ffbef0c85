"""Each row of the table that ``python -m tests.parity`` prints."""

from importlib.metadata import PackageNotFoundError

import pytest

from tests.parity import __main__, oracles
from tests.parity.oracles import ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.oracle}: {row.what}, {row.figure}")
def test_row(row):
    try:
        assert row.version
    except PackageNotFoundError:
        pytest.skip(f"{row.oracle} is not installed")
    assert row.measure() <= row.bound


def test_the_command_fails_where_a_row_misses_its_bound(monkeypatch, capsys):
    monkeypatch.setattr(__main__, "RULES", [])
    monkeypatch.setattr(__main__, "PALETTES", [])
    monkeypatch.setattr(__main__, "REPAIRED", [])
    good, bad = (Row("it", "numpy", "figure", bound, lambda: 1.0) for bound in (1, 0.5))
    for rows, wrong in (([good], 0), ([good, bad], 1)):
        monkeypatch.setattr(__main__, "ROWS", rows)
        assert __main__.main() == wrong
    assert "OVER" in capsys.readouterr().out


@pytest.mark.parametrize("norm", [0.6, 0.69, 0.71, 0.8, 1.0])
def test_another_norm_fails_the_row_of_hqq(norm, monkeypatch):
    row = next(row for row in ROWS if row.what.startswith("HQQ"))
    plain = oracles.hqq
    monkeypatch.setattr(oracles, "hqq", lambda *given, **rule: plain(*given, lp_norm=norm, **rule))
    assert row.measure() > row.bound
