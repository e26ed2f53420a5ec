"""Array types that the learning code shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""What is learned from and computed: double precision."""

Singles = NDArray[np.float32]
"""What is only compared, many at a time: single precision, half the memory."""

Ints = NDArray[np.int64]
