"""Times WOODELF; a program for the environment of `make bench-peers`, without our own code.

Called with a folder that holds model.txt and rows.npy, and the ways to explain. Prints the seconds
of each as JSON and leaves the values of the first rows in values.npy.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

N_KEPT = 1_000
WAYS = ("as it comes", "for deep trees", "sparse", "in two threads")


def main(folder: Path, ways: list[str]) -> None:
    import lightgbm
    import pandas as pd
    from woodelf import WoodelfExplainer
    from woodelf.core.cube_metric import ShapleyValues
    from woodelf.high_depth_woodelf import woodelf_for_high_depth
    from woodelf.woodelf_sparse import woodelf_sparse

    model = lightgbm.Booster(model_file=folder / "model.txt")
    rows = pd.DataFrame(np.load(folder / "rows.npy"), columns=model.feature_name())
    explainer = WoodelfExplainer(model)
    first = explainer.shap_values(rows.head(N_KEPT), verbose=False)  # loads the model
    np.save(folder / "values.npy", first)

    def explain(part: Any) -> Any:
        return explainer.shap_values(part, verbose=False)

    def in_two_threads() -> None:
        half = len(rows) // 2
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(explain, [rows[:half], rows[half:]]))

    options = {"model_was_loaded": True, "verbose": False}
    known = {
        "as it comes": lambda: explain(rows),
        "for deep trees": lambda: woodelf_for_high_depth(
            explainer.model, rows, None, ShapleyValues(), **options
        ),
        "sparse": lambda: woodelf_sparse(explainer.model, rows, None, ShapleyValues(), **options),
        "in two threads": in_two_threads,
    }
    taken = {}
    for way in ways:
        started = time.perf_counter()
        known[way]()
        taken[way] = time.perf_counter() - started
    print(json.dumps(taken))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
