"""Styles of what BokehJS draws: it lives in shadow trees, which `static/style.css` does not reach, its variables do.

Colours are variables only, so light and dark need nothing here. So are sizes, and what depends on the size of the
window: see `static/style.css`. What is on, chosen or moved is in ink: the accents of the page say "baseline" and
"compressed", two more say better and worse. Where the system forces its own colours (`FORCED`), controls are drawn with
those; only what shows data keeps the colours that the plots have too.
"""

from kernels import TECHNIQUES
from models.metrics import METRICS

BASE = """
:host { font: inherit; font-variant-numeric: tabular-nums; color: var(--ink); letter-spacing: inherit; }
* { box-sizing: border-box; }
:focus { outline: none !important; }
:focus-visible { outline: 2px solid var(--ink) !important; outline-offset: 2px !important; }
"""

FORCED = """
@media (forced-colors: active) {
  :host {
    --surface: Canvas; --ink: CanvasText; --muted: CanvasText; --line: ButtonBorder; --raised: Canvas;
  }
  :is(:host(.switch), :host(.keep)) .bk-label::before, :host(.special) i, .noUi-target, .noUi-target * {
    forced-color-adjust: none;
  }
  .bk-slider-value, :host(.choice) .bk-input { color: CanvasText; }
  select.bk-input:not([multiple]) { appearance: auto; }
  .bk-btn.bk-active { text-decoration: underline; }
}
"""

STEPS = "".join(f':host(.step{i})::before {{ content: "{i}"; }}\n' for i in range(1, 10))
"Numbers of the steps of a recipe, in front of their techniques."

UNITS = "".join(
    f':host(.{metric.id}) .bk-input-group::after {{ content: "{metric.unit}"; }}\n' for metric in METRICS.values()
)
"Units behind the limit of a score."

LIT = "".join(
    f":host(.technique.{id}) {{ outline: var(--lit-{id}, 0); outline-offset: 3px; border-radius: 4px; "
    f"background: var(--ground-{id}); }}\n"
    f":host(.technique.{id}:not(:hover, :focus-within)) {{ filter: var(--near-{id}, var(--near-recipe, "
    "var(--back, none))); }\n"
    for id in TECHNIQUES
)
"What a stop of a lesson points at, and what steps back; the variables are set on the page by `static/lessons.js`."

CONTROLS = (
    BASE
    + LIT
    + STEPS
    + UNITS
    + """
/* One technique: switch and value on one line, the slider under it, then a line of words and the way to options. */
:host(.technique) {
  position: relative; display: grid !important; grid-template-columns: minmax(0, 1fr) auto; column-gap: 10px;
  align-items: start; padding: 8px 0 6px;
}
.technique ~ .technique, .keep { border-top: 1px solid var(--line); }
.switch, .primary, .choice, .options { grid-column: 1 / -1; }
.switch { grid-row: 1; justify-self: start; z-index: 1; }
.primary { grid-row: 1 / 3; }
:host(.off) .primary, :host(.off) .choice, :host(.off) .more, :host(.off) .options { display: none !important; }
:host(.off) .summary { grid-column: 1 / -1; padding-left: 36px; }
:host(.technique.off) { padding-block: 7px; }
:host(.technique)::before {
  position: absolute; left: -12px; top: 11px; font-size: var(--s1); color: var(--muted);
}
/* A check box drawn as a switch; the box itself covers its label, for Bokeh does not tie the two. */
:host(.switch), :host(.keep) { position: relative; display: flex !important; align-items: center; min-height: 24px; }
:host(.switch) input, :host(.keep) input {
  appearance: none; position: absolute; inset: -4px -8px 0; margin: 0; cursor: pointer; border-radius: 6px;
}
:host(.switch) .bk-label, :host(.keep) .bk-label { position: static; margin: 0; pointer-events: none; }
:host(.switch) .bk-label { font-size: var(--s3); font-weight: 600; }
:host(.switch) .bk-label::before {
  content: ""; display: inline-block; width: 26px; height: 16px; margin-right: 10px; border-radius: 8px;
  vertical-align: -2.5px; transition: background 0.15s, box-shadow 0.15s;
  background: radial-gradient(circle at 8px 8px, var(--muted) 0 4.5px, transparent 5px);
  box-shadow: inset 0 0 0 1.5px var(--muted);
}
:host(.switch) input:checked + .bk-label::before {
  background: radial-gradient(circle at 18px 8px, var(--surface) 0 5px, transparent 5.5px), var(--ink);
  box-shadow: none;
}
:host(.keep) { width: 100%; padding: 10px 0; font-size: var(--s2); }
:host(.keep) .bk-label::before {
  content: ""; display: inline-block; width: 14px; height: 14px; margin-right: 10px; border-radius: 3px;
  vertical-align: -2.5px; box-shadow: inset 0 0 0 1.5px var(--muted);
}
:host(.keep) input:checked + .bk-label::before {
  background: linear-gradient(var(--ink), var(--ink)) center / 8px 8px no-repeat;
  box-shadow: inset 0 0 0 1.5px var(--ink);
}
:is(:host(.summary), :host(.about), :host(.special)) { font-size: var(--s1); color: var(--muted); }
:is(:host(.summary), :host(.about), :host(.special)) .bk-clearfix { display: block !important; }
:is(:host(.summary), :host(.about)) .bk-clearfix::before { content: none; }
:is(:host(.summary), :host(.about)) .bk-clearfix::after { content: none; }
:is(:host(.summary), :host(.about)) .bk-clearfix { line-height: 1.4; text-wrap: pretty; }
:host(.summary) { display: var(--summary) !important; padding-top: 2px; }
:host(.special) { padding: 4px 0 6px; }
/* What a technique wins. */
:host(.summary) b {
  padding: 0 6px; border: 1px solid var(--line); border-radius: 8px; font-weight: 500; white-space: nowrap;
}

/* Sliders: a hairline, filled up to a round handle; the target for a finger is larger than the handle. */
.bk-input-group { width: 100%; }
.bk-slider-title { font-size: 0; text-align: right; height: 24px; line-height: 24px; width: 100%; }
.bk-slider-value { font-size: var(--s3); font-weight: 600; color: var(--ink); }
.noUi-tooltip { display: none !important; } /* it says what stands above it already */
.noUi-target, .noUi-horizontal {
  width: calc(100% - 14px); height: 26px; margin: 0 7px !important; background: none; border: 0; box-shadow: none;
  cursor: pointer;
}
.noUi-target::before {
  content: ""; position: absolute; left: -7px; right: -7px; top: 12px; height: 3px; border-radius: 2px;
  background: var(--line);
}
.noUi-connects { overflow: visible; }
.noUi-connects::before {
  content: ""; position: absolute; left: -7px; width: 8px; top: 12px; height: 3px; border-radius: 2px;
  background: var(--ink);
}
.noUi-connect { top: 12px; height: 3px; background: var(--ink) !important; border-radius: 2px; }
.noUi-base { padding: 0; }
.noUi-horizontal .noUi-handle {
  width: 14px; height: 14px; right: -7px; top: 6.5px; border: 0; border-radius: 50%; background: var(--ink);
  box-shadow: 0 0 0 3px var(--surface);
}
.noUi-handle .noUi-touch-area { position: absolute; inset: -15px; width: auto; height: auto; }
.noUi-handle:hover, .noUi-handle.noUi-active { box-shadow: 0 0 0 3px var(--surface), 0 0 0 5px var(--muted); }
.noUi-handle:focus-visible { outline-offset: 4px; border-radius: 50%; }

/* What a link hides and locks. */
:host(.technique.hidden) { display: none !important; }
.noUi-target[disabled], select:disabled, input:disabled + .bk-label, .bk-btn[disabled] { opacity: 0.5; }
.noUi-target[disabled], :disabled { cursor: not-allowed !important; }

/* Quiet buttons that open something. */
:host(.more) .bk-btn, :host(.earlier) .bk-btn {
  min-height: 24px; padding: 0; font-size: var(--s1); background: none; border: 0; box-shadow: none;
  color: var(--muted); height: auto; line-height: inherit; cursor: pointer; white-space: nowrap;
}
:is(:host(.more), :host(.earlier)) .bk-btn:hover {
  color: var(--ink); text-decoration: underline; text-underline-offset: 3px;
}
:host(.earlier) { padding-top: 6px; }
:host(.more) .bk-btn::after { content: "+"; display: inline-block; width: 1.2em; text-align: center; }
:host(.more) .bk-btn.bk-active { color: var(--ink); }
:host(.more) .bk-btn.bk-active::after { content: "−"; }

/* What opens everything else: as wide as what it opens. */
:host(.ways) .bk-btn {
  width: 100%; min-height: 36px; font-size: var(--s2); font-weight: 600; text-align: left; color: var(--ink);
}
:host(.rest) { padding-top: 2px; }

/* A word and its widget on one line: menus, further sliders, limits. */
:host(.options) { padding: 4px 0; }
:host(.options)::before {
  content: attr(data-about); display: block; padding-bottom: 6px; font-size: var(--s1); color: var(--muted);
}
:is(:host(.option), :host(.choice), :host(.layer), :host(.limit), :host(.model), :host(.compare)) .bk-input-group {
  display: grid; grid-template-columns: 84px minmax(0, 1fr); column-gap: 10px; align-items: center; min-height: 32px;
}
:is(:host(.option), :host(.layer), :host(.limit), :host(.model), :host(.compare)) label {
  font-size: var(--s1); line-height: 1.25; white-space: normal; color: var(--muted);
}
:host(.choice) .bk-input-group { grid-template-columns: minmax(0, 1fr); }
:host(.choice) label { position: absolute; clip-path: inset(50%); }
:host(.choice) .bk-input { font-weight: 600; color: var(--ink); }
/* What an option means, under it while it has the focus; a mouse finds the same words by pointing. */
:host(.option:focus-within)::after, :host(.choice:focus-within)::after {
  content: attr(title); display: block; padding: 2px 0 8px; font-size: var(--s1); line-height: 1.4; color: var(--muted);
  white-space: pre-line;
}
:host(.option) .noUi-target { grid-column: 2; grid-row: 1; width: calc(100% - 64px); }
:host(.option) .bk-slider-title { display: contents; font-size: var(--s1); color: var(--muted); }
:is(:host(.layer), :host(.effort), :host(.compare)) .bk-input-group { grid-template-columns: auto minmax(0, 1fr); }
:host(.option) .bk-slider-value { grid-column: 2; grid-row: 1; justify-self: end; font-size: var(--s1); }
select.bk-input:not([multiple]), .bk-input {
  min-height: 28px; height: 28px; padding: 0 20px 0 0; font-size: var(--s2); color: var(--ink);
  background-color: transparent; background-image: none;
  border: 0; border-bottom: 1px solid var(--line); border-radius: 0; text-overflow: ellipsis; cursor: pointer;
}
select.bk-input:not([multiple]) {
  background-image: linear-gradient(45deg, transparent 50%, var(--muted) 50%), linear-gradient(135deg,
  var(--muted) 50%, transparent 50%);
  background-size: 4px 4px; background-position: right 6px center, right 2px center; background-repeat: no-repeat;
}
select option { color: var(--ink); background: var(--surface); }
.bk-input:hover { border-bottom-color: var(--muted); }
.bk-input:focus { box-shadow: none; border-bottom-color: var(--ink); }
:host(.limit) .bk-input-group { grid-template-columns: minmax(0, 1fr) 64px 26px; }
:host(.limit) .bk-input { text-align: right; padding: 0 2px; cursor: text; }
:host(.limit) .bk-input::placeholder { color: var(--muted); }
:host(.limit) .bk-input-group::after { font-size: var(--s1); color: var(--muted); padding-left: 6px; }
/* Meeting the budget is felt, once. */
:host(.verdict) p { margin: 0; padding-top: 4px; line-height: 1.4; }
:host(.verdict) .pass { font-weight: 600; color: var(--good); animation: met 0.9s ease-out; }
:host(.verdict) .fail { font-weight: 600; color: var(--bad); }
@keyframes met { from { background: color-mix(in srgb, var(--good) 30%, transparent); } }
:host(.kilobytes) .bk-input-group::after { content: "kB"; }
:host(.model) .bk-input-group { grid-template-columns: auto minmax(0, 1fr); column-gap: 10px; }
:host(.model) .bk-input { font-weight: 600; }
@media (max-width: 1599px) {
  :host(.model) .bk-input-group { grid-template-columns: minmax(0, 1fr); }
  :host(.model) label { position: absolute; clip-path: inset(50%); }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
@media (pointer: coarse) {
  select.bk-input:not([multiple]), .bk-input { min-height: 44px; height: 44px; }
  :is(:host(.more), :host(.earlier)) .bk-btn { min-height: 44px; }
  :host(.switch) { min-height: 44px; }
  :host(.keep) { min-height: 45px; } /* with the line above it */
  :is(:host(.switch), :host(.keep)) input { inset: 0 -8px; }
  .bk-slider-title { height: 44px; line-height: 44px; }
  :host(.technique)::before { top: 20px; }
}
/* What the page that a frame stands in does not name, see static/embed.js. */
:host([hidden]) { display: none !important; }
"""
    + FORCED
)

PANE = (
    BASE
    + """
.bk-clearfix { display: block !important; }
.bk-clearfix::before, .bk-clearfix::after { content: none; }
"""
)

EXPLAINED = """
button.word {
  min-height: 0; padding: 0; font: inherit; color: inherit; background: none; border: 0;
  border-radius: 0; text-decoration: underline dotted; text-underline-offset: 3px; cursor: pointer;
}
.unbroken { white-space: nowrap; } /* a sign stays with its word, which as a button it would not */
[popover] {
  max-width: 260px; margin: 4px 0; padding: 10px 14px; font-size: var(--s2); line-height: 1.45; color: var(--ink);
  background: var(--surface); border: 1px solid var(--muted); border-radius: 6px; position-area: bottom span-left;
  position-try-fallbacks: flip-block, flip-inline;
}
@supports not (position-area: bottom) { [popover] { margin: auto; } }
[popover] b { display: block; }
"""
"Words that open a line: those of the glossary, and why a file is slower."

FIGURES = (
    PANE
    + EXPLAINED
    + """
dl { display: grid; grid-template-columns: var(--figures); gap: 10px clamp(16px, 2.6vw, 56px); margin: 0; }
dl > div { display: flex; flex-wrap: wrap; align-items: baseline; align-content: start; gap: 0 8px; }
dd { flex: 0 0 100%; margin: 0; font-size: var(--s1); color: var(--muted); }
.detail { display: var(--detail); }
dt {
  display: flex; flex: 1 0 var(--figure); flex-wrap: wrap; justify-content: space-between; gap: 0 8px;
  font-size: var(--s1); color: var(--muted);
}
dt::first-letter { text-transform: uppercase; }
dd:empty::before { content: "\\a0"; } /* what has nothing to say takes its room: else all plots change their height */
.pass, .fail { font-weight: 600; }
.pass { color: var(--good); }
.fail { color: var(--bad); }
.number { flex: none; font-size: var(--s2); line-height: 1.2; white-space: nowrap; }
.number b { margin-right: 2px; font-size: var(--s6); font-weight: 600; letter-spacing: -0.02em; color: var(--ink); }
.difference { display: var(--difference); font-size: var(--s2); font-weight: 600; color: var(--muted); }
.difference [popover] { font-weight: 400; }
.better { color: var(--good); }
.worse { color: var(--bad); }
.bar { display: var(--detail); position: relative; height: 10px; margin: 8px 0 6px; }
.bar::before { content: ""; position: absolute; inset: 3px 0; border-radius: 2px; background: var(--line); }
.bar i { position: absolute; top: 3px; height: 4px; border-radius: 2px; }
.bar .new { background: var(--compressed); min-width: 2px; }
.bar .sure { top: 0; height: 10px; background: var(--compressed); opacity: 0.28; }
.bar .old { top: -1px; width: 2px; height: 12px; margin-left: -2px; border-radius: 1px; background: var(--baseline);
            box-shadow: 0 0 0 1px var(--surface); }
.bar .broken { background: var(--bad); border-radius: 2px 0 0 2px; }
.bar .fixed { background: var(--good); border-radius: 0; }
.bar .other { background: var(--muted); border-radius: 0 2px 2px 0; }
.held .difference { visibility: hidden; }
.held .bar .new, .held .bar .sure { background: var(--baseline); }
@media (forced-colors: active) { .bar { forced-color-adjust: none; } }
"""
)

SAMPLE = (
    PANE
    + """
figure { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 16px; align-items: end; margin: 0 0 18px; }
.late { opacity: 0.3; }
svg { display: block; width: 100%; aspect-ratio: 1; background: var(--ink-0); }
/* A frame of a video: pixels as they are, a cross at the true place, a dot where each model sees it. */
svg image, .patches img { image-rendering: pixelated; }
svg path.truth { stroke: var(--surface); stroke-width: 0.16; }
svg circle { stroke: var(--surface); stroke-width: 0.12; }
circle.baseline { fill: var(--baseline); }
circle.compressed { fill: var(--compressed); }
.patches { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.patches img { display: block; width: 100%; aspect-ratio: 1; }
.patches span { display: block; margin-top: 3px; font-size: var(--s1); line-height: 1.2; color: var(--muted); }
.before { margin: 0; font: 600 var(--s5) / 1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
.before b { color: var(--muted); }
/* An input of one's own: the borders of both models, the point, the cross of a swipe, what is written. */
svg .baseline { stroke: var(--baseline); }
svg .compressed { stroke: var(--compressed); }
svg path.baseline, svg path.compressed { stroke-width: 0.03; }
svg path.mine { fill: var(--ink); stroke: var(--surface); stroke-width: 0.03; }
svg path.halo { stroke: #000; stroke-width: 3; }
svg path.line { stroke: #fff; stroke-width: 1; }
svg text {
  font-size: 11px; fill: #fff; paint-order: stroke; stroke: #000; stroke-width: 2.5px; stroke-linejoin: round;
}
.written { margin: 0; font: 600 var(--s3) / 1.5 ui-monospace, monospace; overflow-wrap: anywhere; color: var(--muted); }
b.baseline { color: var(--baseline); }
b.compressed { color: var(--compressed); }
.hint { margin: 0 0 8px; font-size: var(--s1); color: var(--muted); }
figure.letters { grid-template-columns: 1fr; gap: 4px; }
.letters figcaption { width: auto; }
figcaption { font-size: var(--s1); color: var(--muted); width: 70px; }
figcaption b {
  display: block; font-size: var(--s5); font-weight: 600; line-height: 1.1; color: var(--ink);
  overflow-wrap: anywhere;
}
figcaption b.long { margin: 2px 0; font-size: var(--s2); line-height: 1.25; }
svg path { fill: none; stroke-width: 0.055; stroke-linecap: round; }
small { display: block; margin-top: 6px; font-size: var(--s1); }
.verdicts { display: grid; gap: 4px; min-height: 46px; margin-bottom: 14px; font-size: var(--s2); }
.verdicts p { display: flex; flex-wrap: wrap; align-items: center; gap: 0 8px; margin: 0; }
.verdicts b { font-weight: 600; }
.verdicts i { width: 10px; height: 10px; border-radius: 50%; }
.verdicts span { margin-left: auto; font-size: var(--s1); font-weight: 600; }
.verdicts .right { color: var(--good); }
.verdicts .wrong { color: var(--bad); }
i.baseline { background: var(--baseline); }
i.compressed { background: var(--compressed); }
table { width: 100%; border-collapse: collapse; font-size: var(--s1); }
thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
th {
  padding: 6px 12px 6px 0; font-size: var(--s2); font-weight: 600; text-align: left; white-space: nowrap; width: 1%;
}
td { padding: 6px 0; }
td:last-child {
  width: 44px; text-align: right; white-space: nowrap; line-height: 1.35;
}
td i { display: block; height: 5px; min-width: 1px; border-radius: 2px; }
td i + i { margin-top: 5px; }
td span { display: block; }
@media (max-width: 760px) { figure { grid-template-columns: 112px auto; } }
@media (forced-colors: active) { svg, i { forced-color-adjust: none; } }
td span.baseline { color: var(--baseline); }
td span.compressed { color: var(--compressed); }
.held td .compressed { visibility: hidden; }
"""
)

BUTTONS = (
    BASE
    + """
:host(.turn) { display: grid !important; grid-template-columns: 40px 40px 1fr; gap: 8px; padding-top: 14px; }
.bk-btn-group, .bk-btn { width: 100%; }
.bk-btn {
  height: 34px; padding: 0 10px; font-size: var(--s2); line-height: 1; color: var(--ink); background: transparent;
  border: 1px solid var(--line); border-radius: 6px; box-shadow: none; cursor: pointer; white-space: nowrap;
}
.bk-btn:hover { border-color: var(--muted); background: var(--raised); }
.bk-btn[disabled] { color: var(--muted); opacity: 0.6; cursor: default; background: transparent; }
@media (pointer: coarse) {
  :host(.turn) { grid-template-columns: 44px 44px 1fr; }
  .bk-btn { height: 44px; }
}
"""
)

WORDS = (
    PANE
    + EXPLAINED
    + """
:host(.question) h2 {
  margin: 0; font-size: var(--s4); font-weight: 600; letter-spacing: -0.012em; line-height: 1.3; text-wrap: balance;
}
/* A network of many layers has much to say: the rest is read by scrolling. */
:host(.answer) p {
  margin: 0; min-height: var(--lines); max-height: var(--most); overflow-y: auto; scrollbar-width: thin;
  scrollbar-color: var(--line) transparent; font-size: var(--s2); color: var(--muted); line-height: 1.5;
  max-width: 112ch; text-wrap: pretty;
}
ul { margin: 0; padding: 0; list-style: none; font-size: var(--s1); color: var(--muted); }
.takeover {
  display: flex; flex-wrap: wrap; align-items: center; gap: 4px 16px; margin: 0; padding: 6px 8px 6px 14px;
  font-size: var(--s2); background: var(--surface); border: 1px solid var(--line); border-radius: 6px;
}
.takeover button {
  min-height: 32px; padding: 0 12px; font: inherit; font-weight: 600; color: inherit; background: none;
  border: 1px solid var(--muted); border-radius: 6px; cursor: pointer;
}
.takeover button:hover { background: var(--raised); }
@media (max-width: 760px) and (min-height: 700px) { /* a phone may be scrolled elsewhere; a low one needs its plot */
  .takeover { position: fixed; inset: auto var(--edge) calc(var(--bar) + 12px); }
}
@media (pointer: coarse) { .takeover button { min-height: 44px; } }
:host(.table) {
  position: absolute; inset: 0; overflow: auto; pointer-events: auto; background: var(--surface);
  scrollbar-width: thin;
}
:host(.table) table {
  width: max-content; border-collapse: collapse; font-size: var(--s2);
}
:host(.table) th, :host(.table) td {
  max-width: min(340px, 45vw); padding: 5px 24px 5px 0;
  text-align: left; border-bottom: 1px solid var(--line); vertical-align: top;
}
:host(.table) th {
  position: sticky; top: 0; font-size: var(--s1); font-weight: 600; color: var(--muted); background: var(--surface);
}
:host(.table) td.number { text-align: right; }
:host(.table) p { margin: 0 0 4px; color: var(--muted); }
:host(.table) :is(td, p) button {
  min-height: 24px; padding: 0; font: inherit; color: inherit; text-align: left; background: none; border: 0;
  text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 4px; cursor: pointer;
}
:host(.table) :is(td, p) button:hover { text-decoration-color: currentColor; }
@media (pointer: coarse) { :host(.table) :is(td, p) button { min-height: 44px; } }
"""
)

LEGEND = (
    PANE
    + """
ul, ol { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 0; padding: 0; list-style: none;
  font-size: var(--s1); color: var(--muted); }
li { white-space: nowrap; }
ol li { white-space: normal; }
ol { font-variant-numeric: tabular-nums; }
ol b { color: var(--ink); }
i {
  display: inline-block; width: 14px; height: 9px; margin-right: 5px; vertical-align: -0.5px;
  background: color-mix(in srgb, currentcolor var(--opacity), transparent);
}
.lines { background-image: repeating-linear-gradient(135deg, currentcolor 0 1px, transparent 1px 3.5px); }
.dots { background-image: radial-gradient(currentcolor 1px, transparent 1.4px); background-size: 4.5px 4.5px; }
.entropy { width: 2px; height: 12px; margin-right: 6px; vertical-align: -2px; background: var(--ink); }
.baseline { background: none; border: 1px solid var(--baseline); }
@media (forced-colors: active) { i { forced-color-adjust: none; } }
"""
)

LESSON = (
    PANE
    + EXPLAINED
    + """
h3 { margin: 2px 0 8px; font-size: var(--s4); font-weight: 600; line-height: 1.25; letter-spacing: -0.012em; }
h3, p { overflow-wrap: anywhere; }
p { margin: 0 0 12px; font-size: var(--s3); line-height: 1.5; }
.where { display: flex; justify-content: space-between; gap: 12px; margin: 0; }
.where span { white-space: nowrap; }
.where, small { font-size: var(--s1); color: var(--muted); font-variant-numeric: tabular-nums; }
b { font-weight: 600; }
button {
  min-height: 34px; padding: 0 12px; font: inherit; font-size: var(--s2); color: var(--ink); background: none;
  border: 1px solid var(--line); border-radius: 6px; cursor: pointer;
}
button:hover { border-color: var(--muted); background: var(--raised); }
fieldset { display: grid; grid-template-columns: 1fr auto; gap: 8px; margin: 0 0 14px; padding: 0; border: 0; }
fieldset > * { grid-column: 1 / -1; }
legend, label { padding: 0; font-size: var(--s2); font-weight: 600; }
legend { margin-bottom: 8px; }
label { grid-column: 1; }
output { grid-column: 2; font-size: var(--s2); font-weight: 600; font-variant-numeric: tabular-nums; }
input { width: 100%; height: 26px; margin: 0; accent-color: var(--ink); }
.hand label { grid-column: 1 / -1; }
.hand input {
  grid-column: 1; height: 34px; padding: 0 8px; font: inherit; font-size: var(--s2); color: var(--ink);
  background: none; border: 1px solid var(--muted); border-radius: 6px;
}
.hand button { grid-column: 2; }
ul { display: grid; gap: 6px; margin: 0 0 12px; padding: 0; list-style: none; font-size: var(--s2); }
li { display: flex; gap: 8px; }
li i { width: 1em; font-style: normal; font-weight: 600; }
.met i, .done { color: var(--good); }
.done, .guessed { font-size: var(--s2); font-weight: 600; }
.seen { font-size: var(--s2); color: var(--muted); font-variant-numeric: tabular-nums; }
.keep { padding: 10px 14px; font-size: var(--s2); background: var(--raised); border-radius: 6px; }
.keep b { display: block; font-size: var(--s1); color: var(--muted); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.way { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
@media (pointer: coarse) { button:not(.word) { min-height: 44px; } input { height: 44px; } }
"""
)
