"""What the README promises: its commands, its settings and its links are real."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import typer
from babel.messages.pofile import read_po

from features.language import CATALOGUES
from features.settings.load import load_settings
from pipelines.commands import app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SPANISH = (ROOT / "README.es.md").read_text(encoding="utf-8")
GUIDES = sorted((ROOT / "docs" / "es").glob("*.md"))
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "README.es.md", "CONTRIBUTING.md")),
    ROOT / "examples" / "README.md",
    *GUIDES,
]


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"^\s+leadaccord ([a-z]+)", README, flags=re.MULTILINE))
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert named >= {"init", "check", "train", "score", "report", "explain"}
    assert named <= commands


def test_the_settings_it_shows_are_valid(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    assert block is not None
    file = tmp_path / "leadaccord.toml"
    file.write_text(block.group(1), encoding="utf-8")
    assert load_settings(file).decision.accepted == ("Qualified",)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.toml")), ids=lambda f: f.name)
def test_example_settings_are_valid(file: Path) -> None:
    assert load_settings(file).tables.leads.startswith("data/")


def test_the_settings_page_names_every_key() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    from features.settings.schema import SECTIONS

    for table, section in SECTIONS.items():
        for key in section.model_fields:
            assert f"`{key}`" in page or f"`{table}.{key}`" in page, f"[{table}] {key}"


def test_the_settings_page_names_every_choice() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    from features.settings.choices import OneOf
    from features.settings.schema import SECTIONS

    choices = [
        (key, choice)
        for section in SECTIONS.values()
        for key, field in section.model_fields.items()
        for choice in field.metadata
        if isinstance(choice, OneOf)
    ]
    assert choices
    for key, choice in choices:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{key}` |"))
        assert [name for name in choice.names() if f'`"{name}"`' not in row] == [], key


def code_of(text: str) -> list[str]:
    """Return the lines of code, and what is printed whatever the language, without comments."""
    blocks = re.findall(r"^```\w+\n(.*?)^```|^ {4}(\S.*?)$", text, flags=re.DOTALL | re.MULTILINE)
    # What `explain` prints, which begins with the lead, is in the language of the page.
    parts = [part for block in blocks for part in block if not part.startswith("Lead ")]
    return [re.sub(r"\s+#.*", "", line) for part in parts for line in part.splitlines()]


def test_the_spanish_readme_has_the_same_code() -> None:
    assert len(code_of(README)) > 40
    assert code_of(SPANISH) == code_of(README)


def test_the_spanish_readme_has_the_same_headings_and_links() -> None:
    for pattern in (r"^#+ ", r"\]\((?!docs/es/|README)([^)]+)\)"):
        english, spanish = (
            re.findall(pattern, text, flags=re.MULTILINE) for text in (README, SPANISH)
        )
        assert sorted(spanish) == sorted(english)
        assert len(english) > 5


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_a_spanish_guide_is_short_and_its_code_is_real(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert len(text.splitlines()) <= 120
    used = re.findall(r"leadaccord ([a-z]+)(.*)", "\n".join(code_of(text)))
    for name, rest in used:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= known, (name, rest)
    assert f"(docs/es/{guide.name})" in README


def test_the_spanish_guide_to_the_report_names_its_parts_as_the_report_does() -> None:
    (guide,) = [path for path in GUIDES if path.name == "informe.md"]
    catalogue = (CATALOGUES / "es" / "LC_MESSAGES" / "leadaccord.po").read_bytes()
    said = {message.string for message in read_po(io.BytesIO(catalogue), locale="es")}
    named = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", guide.read_text(encoding="utf-8"))
    assert len(named) > 5
    assert [name for name in named if name not in said] == []
