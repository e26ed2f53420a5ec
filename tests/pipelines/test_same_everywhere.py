"""The same model from the same data, whatever the processor and however many cores it has."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pipelines.conftest import MAIN, Project, start

PROCESSORS = {
    "without wide registers": {
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512_SKX",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F",
        "OMP_NUM_THREADS": "1",
    },
    "two cores of another kind": {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "2"},
}
"""What makes linear algebra, NumPy and the mathematics of C compute as another processor does."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PROCESSORS)
def test_the_model_is_the_same_on_another_processor(
    trained: Project, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "company"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns(".leadaccord"))
    for key, value in PROCESSORS[name].items():
        monkeypatch.setenv(key, value)
    process = start(
        MAIN,
        "train",
        "--json",
        "--quiet",
        "--config",
        folder / "leadaccord.toml",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert json.loads(out)["model_version"] == trained.result["model_version"]
