"""A page of measured sections keeps what is not measured anew, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.document import read_sections, write_page


def test_a_new_section_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    page, titles = tmp_path / "docs" / "page.md", ["First", "Second", "Third"]
    second = "## Second\n\n### Part\n\nAUC 0.7, last year"
    write_page(page, "# Page", titles, {"Second": second, "Third": "## Third\n\nold"})
    told = write_page(
        page, "# Page", titles, {"Third": "## Third\n\nnew", "First": "## First\n\n1"}
    )
    assert told == f"Written: {page}; as it was: Second"
    assert page.read_text("utf-8") == f"# Page\n\n## First\n\n1\n\n{second}\n\n## Third\n\nnew\n"
    assert read_sections(page.read_text("utf-8"))["Second"] == second


def test_a_section_that_would_not_be_found_again_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    with pytest.raises(ValueError, match="begins with '## Half"):
        write_page(page, "# Page", ["Whole"], {"Whole": "## Half\n\nAUC 0.75"})
    assert not page.exists()
