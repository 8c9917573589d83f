"""Shared by the tests of the golden model."""

import numpy as np
import pytest

from deconv4k.fixed import Format


@pytest.fixture(scope="module")
def one_type():
    """Hold every code in 64 bits, or the model is compiled for dozens of pairs of types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Format, "code_dtype", lambda form: np.dtype(np.int64))
        yield
