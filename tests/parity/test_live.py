"""What is stored of llm-compressor and hqq is what they give here and now; skipped where they are not installed.

They come with the extra "oracles", which is large.
"""

import numpy as np
import pytest

from tests.parity.oracles import REPAIR, STORED, stated


@pytest.fixture(scope="module")
def live():
    for name in ("llmcompressor", "hqq"):
        pytest.importorskip(name)
    from tests.parity import make_repair

    return make_repair.outputs()


@pytest.mark.parametrize("name", [name for name in REPAIR.files if ":" in name])
def test_stored_outputs_are_theirs(name, live):
    assert stated(name)
    if name.startswith("gptq"):
        assert (live[name] == REPAIR[name]).all(), STORED["llmcompressor"]
    else:
        np.testing.assert_allclose(live[name], REPAIR[name], rtol=1e-5, atol=1e-5, err_msg=STORED["hqq"])
