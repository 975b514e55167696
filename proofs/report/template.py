"""The page around a report or a proof: one HTML document with its style inside, nothing fetched, no scripts."""

from __future__ import annotations

from html import escape

STYLE = """
:root { --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --tint: #f6f8fa; --link: #0b5394;
  --good: #0a5d3f; --good-tint: #e3f4ec; --bad: #9b2c00; --bad-tint: #fdeadf;
  --dim: #5c4a00; --dim-tint: #fbf3d5; --off: #4b5563; --off-tint: #eef0f3; }
* { box-sizing: border-box; }
html { color: var(--ink); background: #fff; font: 16px/1.55 system-ui, "Segoe UI", "Liberation Sans", sans-serif;
  -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 78rem; padding: 1rem clamp(0.8rem, 3vw, 2.5rem) 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 1rem 0 0.4rem; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 0.6rem; padding-top: 0.6rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.8rem 0 0.4rem; }
h4 { font-size: 1rem; margin: 1.4rem 0 0.3rem; }
p, ul { margin: 0.4rem 0; max-width: 68rem; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: 0.88em; }
pre { background: var(--tint); padding: 0.7rem 0.9rem; overflow-x: auto; border-radius: 4px; }
math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "Noto Sans Math", math, serif; font-size: 1.12em; }
nav { font-size: 0.9rem; color: var(--soft); }
nav a { margin-right: 0.9rem; white-space: nowrap; }
.soft { color: var(--soft); font-size: 0.9rem; }
.headline { font-size: 1.15rem; padding: 0.8rem 1rem; border-left: 6px solid; margin: 0.8rem 0; }
.headline.good { background: var(--good-tint); border-color: var(--good); }
.headline.bad { background: var(--bad-tint); border-color: var(--bad); }
.wide { overflow-x: auto; overflow-y: hidden; max-width: 100%; padding: 0.1em 0.25em 0.1em 0; }
.bound { background: var(--tint); padding: 0.6rem 0.8rem; margin: 0.6rem 0; }
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.28rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: normal; }
th { font-weight: 600; white-space: nowrap; background: var(--tint); }
td.n, th.n { text-align: right; white-space: nowrap; }
td.words { min-width: 12rem; }
td.setting { min-width: 11rem; }
tr.group th { background: #fff; padding-top: 1rem; border-bottom: 2px solid var(--line); white-space: normal; }
.verdict { display: inline-block; padding: 0 0.5rem; border-radius: 3px; white-space: nowrap; font-weight: 600; }
.good.verdict { color: var(--good); background: var(--good-tint); }
.bad.verdict { color: var(--bad); background: var(--bad-tint); }
.dim.verdict { color: var(--dim); background: var(--dim-tint); }
.off.verdict { color: var(--off); background: var(--off-tint); }
figure { margin: 1rem 0; }
figure img, figure svg { display: block; max-width: 100%; height: auto; }
figure .wide img { min-width: 34rem; }
figure .wide svg { min-width: 44rem; }
figcaption { color: var(--soft); font-size: 0.9rem; max-width: 60rem; }
.line { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr); padding: 0.35rem 0;
  border-bottom: 1px solid var(--line); }
.line:target, li:target { background: var(--dim-tint); }
.number { color: var(--soft); font-variant-numeric: tabular-nums; }
.reason, .beside { font-size: 0.88rem; color: var(--soft); }
.statement { display: flex; flex-wrap: wrap; gap: 0 1.6rem; align-items: baseline; }
.proof > h2 { border: none; margin-top: 0.4rem; font-size: 1.2rem; }
details { font-size: 0.9rem; margin: 0.2rem 0; }
summary { color: var(--link); cursor: pointer; }
details .line { font-size: 1rem; }
.steps { list-style: none; padding: 0.2rem 0 0.2rem 0.8rem; border-left: 3px solid var(--line); }
.steps li { overflow-x: auto; overflow-y: hidden; padding: 0.12rem 0; }
ul.plain { list-style: none; padding-left: 0.8rem; }
ul.plain li { overflow-x: auto; overflow-y: hidden; padding: 0.1rem 0; }
.formulas span { white-space: nowrap; margin-left: 0.7rem; }
@media (max-width: 40rem) { .line { grid-template-columns: minmax(0, 1fr); } html { font-size: 15px; } }
@media print { body { max-width: none; padding: 0; } nav { display: none; } a { color: inherit; }
  .wide { overflow: visible; } figure, tr, .line { break-inside: avoid; } html { font-size: 11px; } }
"""


def page(title: str, body: str) -> str:
    """A complete HTML document; `body` is HTML, `title` is text. Its policy forbids every request."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
