"""Each row of the table that ``python -m tests.parity`` prints."""

from importlib.metadata import PackageNotFoundError

import pytest

from tests.parity.oracles import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.oracle}: {row.what}, {row.figure}")
def test_row(row):
    try:
        assert row.version
    except PackageNotFoundError:
        pytest.skip(f"{row.oracle} is not installed")
    assert row.measure() <= row.bound
