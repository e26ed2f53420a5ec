"""Licences: what is installed with the project may be used beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# Where the metadata is silent, or the package is installed on Windows alone, someone has read the
# licence in the package's source: name, licence, why it has to be listed.
READ_BY_HAND = {
    "colorama": ("BSD-3-Clause", "installed on Windows alone"),
    "huey": ("MIT", "its metadata names no licence; its LICENSE is the MIT licence"),
    "pywin32": ("PSF-2.0", "installed on Windows alone"),
    "skops": ("MIT", "its metadata says only that OSI approved it; its LICENSE is the MIT licence"),
    "waitress": ("ZPL-2.1", "installed on Windows alone"),
}

FREE = re.compile(
    r"\b(?:0BSD|Apache|BSD|CC0|ISC|LGPL|Lesser General Public|MIT|MPL|Mozilla|PSF|"
    r"Python Software Foundation|Unlicense|Zlib|ZPL|Zope)\b",
    re.IGNORECASE,
)
BINDING = re.compile(
    r"\b(?:AGPL|Affero|GPL|SSPL|Server Side Public)|(?<!Lesser )\bGeneral Public\b|\bcommercial\b",
    re.IGNORECASE,
)
LINKING_EXCEPTION = re.compile(r"\bWITH (?:Classpath|GCC|Bison|Font|\S*linking)\S*exception", re.I)


def find_fault(licence: str) -> str | None:
    """Return why a licence forbids use beside this project, None if it does not.

    Of alternatives (OR) one is enough; of parts (AND) each has to be free.
    """
    text = licence.replace("(", " ").replace(")", " ")
    alternatives = [_find_fault_of_parts(part) for part in re.split(r"\s+OR\s+", text)]
    return None if None in alternatives else alternatives[0]


def _find_fault_of_parts(text: str) -> str | None:
    for part in re.split(r"\s+AND\s+", text):
        if BINDING.search(part) and not LINKING_EXCEPTION.search(part):
            return f"{part.strip()}: binds what is used beside it"
        if not FREE.search(part) and not LINKING_EXCEPTION.search(part):
            return f"{part.strip() or 'none'}: not known here; read it, then add it to this test"
    return None


def read_licence(package: Message) -> str:
    """Return what a package's metadata says of its licence, empty if it says nothing.

    The SPDX expression counts before the classifiers, these before the free text. Of a text that is
    a whole licence only the first lines count: further down it may name others.
    """
    if expression := package.get("License-Expression"):
        return str(expression)
    classifiers = [str(line) for line in package.get_all("Classifier") or []]
    named = [line.split(" :: ")[-1] for line in classifiers if line.startswith("License :: ")]
    if named := [name for name in named if name != "OSI Approved"]:
        return " AND ".join(named)
    return " ".join(str(package.get("License") or "").split())[:80]


def check_package(name: str, package: Message | None) -> str | None:
    """Return what forbids the use of a package, None if nothing does."""
    stated = read_licence(package) if package is not None else ""
    if not stated or package is None:
        stated = READ_BY_HAND.get(name, ("", ""))[0]
    fault = find_fault(stated)
    return f"{name}: {fault}" if fault else None


def locked_names() -> Iterator[str]:
    """Yield the names of all packages that the project installs to run."""
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)(?:\[[a-z, ]+\])?==", line):
            yield canonicalize_name(found[1])


def installed(name: str) -> Message | None:
    """Return the metadata of an installed package, None if it is not installed."""
    try:
        return metadata.metadata(name)  # type: ignore[return-value]
    except metadata.PackageNotFoundError:
        return None


def made_up(**fields: str | list[str]) -> Message:
    """Return metadata with these fields; underscores stand for hyphens."""
    package = Message()
    for key, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            package[key.replace("_", "-")] = value
    return package


def test_every_locked_package_may_be_used_beside_the_project() -> None:
    names = list(locked_names())
    assert len(names) > 100
    assert [fault for name in names if (fault := check_package(name, installed(name)))] == []


def test_the_list_of_licences_read_by_hand_has_no_needless_entry() -> None:
    assert set(READ_BY_HAND) <= set(locked_names())
    assert [
        name
        for name, (_, reason) in READ_BY_HAND.items()
        if "Windows" not in reason
        if (package := installed(name)) is not None and read_licence(package)
    ] == []


@pytest.mark.parametrize(
    "package",
    [
        made_up(License_Expression="AGPL-3.0-only"),
        made_up(License_Expression="GPL-3.0-or-later"),
        made_up(License_Expression="MIT AND GPL-2.0-only"),
        made_up(License_Expression="SSPL-1.0"),
        made_up(License_Expression="SSPL-1.0 OR AGPL-3.0-only"),
        made_up(License="GNU General Public License v3"),
        made_up(License="GNU Affero General Public License"),
        made_up(License="Server Side Public License"),
        made_up(Classifier="License :: OSI Approved :: GNU General Public License v3 (GPLv3)"),
        made_up(Classifier="License :: OSI Approved :: GNU Affero General Public License v3"),
        made_up(
            Classifier=[
                "License :: OSI Approved :: MIT License",
                "License :: OSI Approved :: GNU General Public License (GPL)",
            ]
        ),
        made_up(Classifier="License :: Other/Proprietary License"),
        made_up(Classifier="License :: OSI Approved"),
        made_up(License="All rights reserved"),
        made_up(License=""),
        made_up(Name="silent"),
        None,
    ],
    ids=lambda package: str(package).strip().replace("\n", " ") if package else "not installed",
)
def test_a_package_that_binds_or_says_nothing_is_refused(package: Message | None) -> None:
    fault = check_package("made-up", package)
    assert fault is not None
    assert fault.startswith("made-up: ")


@pytest.mark.parametrize(
    "package",
    [
        made_up(License_Expression="MIT"),
        made_up(License_Expression="LGPL-3.0-or-later"),
        made_up(License_Expression="(GPL-2.0-only OR BSD-3-Clause)"),
        made_up(License_Expression="GPL-3.0-or-later WITH GCC-exception-3.1"),
        made_up(License_Expression="BSD-2-Clause AND Apache-2.0 WITH LLVM-exception"),
        made_up(License="GNU Lesser General Public License"),
        made_up(Classifier="License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)"),
        made_up(License="BSD 3-Clause License " + "words " * 40 + "unlike the GPL"),
    ],
    ids=lambda package: str(package).strip()[:60],
)
def test_a_free_package_is_accepted(package: Message) -> None:
    assert check_package("made-up", package) is None


def test_the_project_states_its_own_licence() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "Apache-2.0"\nlicense-files = ["LICENSE"]\n' in (
        ROOT / "pyproject.toml"
    ).read_text(encoding="utf-8")
