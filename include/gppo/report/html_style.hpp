// SPDX-License-Identifier: Apache-2.0
//
// The style sheet of report.html: warm paper and ink, dark by prefers-color-scheme, two columns of
// charts that become one on a narrow screen. The eight line colours differ in lightness too, so
// they stay apart for colour-blind readers.
#pragma once

namespace gppo {

inline constexpr const char* html_style = R"css(
:root { color-scheme: light dark;
  --paper: #faf9f6; --card: #ffffff; --ink: #22252b; --soft: #686d76; --rule: #e7e4dd; --band: #f1eee7; --grid: #efece6;
  --right: #2c7a57; --wrong: #b4483b; --accent: #2b5c8a;
  --c0: #2b5c8a; --c1: #cf7a3f; --c2: #3f8f72; --c3: #8a63a8; --c4: #b99b2c; --c5: #7d8894; --c6: #b4485c; --c7: #4fa3b8; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #131519; --card: #1a1d22; --ink: #e7e6e2; --soft: #969ca6; --rule: #2a2e35; --band: #20242a; --grid: #262a31;
  --right: #62bd92; --wrong: #e58274; --accent: #85b6e3;
  --c0: #85b6e3; --c1: #eba06c; --c2: #6dc3a2; --c3: #bd9bdb; --c4: #d8bf5e; --c5: #9aa5b1; --c6: #e58396; --c7: #7fcadb; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 44px; }
h1 { font-size: 30px; line-height: 1.15; font-weight: 650; letter-spacing: -0.022em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 12px; font-weight: 650; letter-spacing: 0.09em; text-transform: uppercase; color: var(--soft);
  margin: 44px 0 14px; }
h3 { font-size: 15px; font-weight: 620; letter-spacing: -0.006em; margin: 0; }
.lead { color: var(--soft); margin: 6px 0 0; font-size: 16px; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 18px 0 0; padding: 0; }
.facts div { display: flex; gap: 8px; } .facts dt { color: var(--soft); } .facts dd { margin: 0; font-weight: 550; }

.result { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); background: var(--card); border: 1px solid var(--rule);
  border-radius: 12px; margin-top: 26px; overflow: hidden; }
.result > div { padding: 20px 24px 22px; position: relative; }
.result > div + div { border-left: 1px solid var(--rule); }
.result h3 { color: var(--soft); font-weight: 500; font-size: 14px; }
.result .big { color: var(--ink); font-size: 42px; line-height: 1.15; font-weight: 640; letter-spacing: -0.032em; margin: 2px 0 0; }
.result .big small { font-size: 20px; font-weight: 500; letter-spacing: 0; color: var(--soft); margin-left: 2px; }
.result .gain { color: var(--right); font-weight: 600; } .result .loss { color: var(--wrong); font-weight: 600; }
.result p { margin: 0; color: var(--soft); font-size: 13.5px; min-height: 1.5em; }
.meter { height: 6px; border-radius: 3px; background: var(--band); margin-top: 14px; position: relative; }
.meter i { position: absolute; top: 0; bottom: 0; left: 0; border-radius: 3px; background: var(--accent); }
.meter b { position: absolute; top: -3px; bottom: -3px; border: solid var(--ink); border-width: 0 1px; opacity: 0.45; }

.cards { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 14px; margin-top: 14px; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 14px 16px 12px;
  display: flex; flex-direction: column; }
.card h3 { font-size: 13px; font-weight: 500; color: var(--soft); }
.card p { margin: 0; font-size: 23px; font-weight: 620; letter-spacing: -0.022em; line-height: 1.3; }
.card small { white-space: nowrap; font-size: 12.5px; color: var(--soft); font-weight: 400; letter-spacing: 0; }
.card svg { display: block; width: 100%; height: 30px; margin-top: auto; padding-top: 2px;
  overflow: visible; }

.tools { position: sticky; top: 0; z-index: 5; display: flex; flex-wrap: wrap; gap: 8px 26px; align-items: center;
  margin: 0 -28px; padding: 10px 28px; background: var(--paper); border-bottom: 1px solid var(--rule); font-size: 13.5px;
  color: var(--soft); }
.tools label { display: flex; gap: 9px; align-items: center; }
.tools input[type=range] { width: 130px; accent-color: var(--accent); } .tools input { accent-color: var(--accent); }
.tools output { min-width: 2.6em; color: var(--ink); }
.tools .where { margin-left: auto; color: var(--ink); min-height: 1.5em; }
html:not(.js) .tools { display: none; }

.panels { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; margin-top: 18px; }
.panel { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 16px 18px 12px;
  display: flex; flex-direction: column; min-width: 0; }
.panel figcaption { display: flex; flex-wrap: wrap; column-gap: 12px; align-items: baseline; }
.panel figcaption p { margin: 0; color: var(--soft); font-size: 12.5px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 16px; margin: 6px 0 8px; padding: 0; font-size: 12.5px;
  color: var(--soft); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px;
  background: currentColor; vertical-align: -0.5px; }
.legend b { color: var(--ink); font-weight: 600; display: inline-block; min-width: 3em; }
.plot { margin-top: auto; position: relative; padding: 0 0 20px 46px; outline-offset: 4px; border-radius: 4px; }
.plot:focus-visible { outline: 2px solid var(--accent); }
.area { position: relative; height: 186px; cursor: crosshair; border-bottom: 1px solid var(--rule); touch-action: pan-y; }
.area svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; clip-path: inset(-4px -6px); }
svg path { fill: none; stroke: currentColor; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
svg .grid { color: var(--grid); stroke-width: 1; }
svg .line { stroke-width: 1.8; stroke-linecap: round; }
svg .raw { stroke-width: 1; opacity: 0.28; }
svg .dots { stroke-width: 7; stroke-linecap: round; }
svg path.fill { fill: currentColor; stroke: var(--card); stroke-width: 0.8; }
svg .under { fill: currentColor; stroke: none; opacity: 0.1; }
.band { fill: var(--band); opacity: 0.75; }
.stage { position: absolute; top: 2px; padding-left: 7px; font-size: 10.5px; font-weight: 650; letter-spacing: 0.08em;
  text-transform: uppercase; color: var(--soft); pointer-events: none;
  text-shadow: 0 0 3px var(--card), 0 0 3px var(--card); }
.cross { position: absolute; top: 0; bottom: 0; width: 0; border-left: 1px solid var(--ink); opacity: 0.5;
  pointer-events: none; }
.ticks { position: absolute; left: 0; top: 0; width: 40px; height: 186px; }
.ticks span { position: absolute; right: 0; transform: translateY(50%); font-size: 11px; color: var(--soft); }
.steps { position: absolute; left: 46px; right: 0; bottom: 0; height: 18px; font-size: 11px; color: var(--soft); }
.steps span { position: absolute; top: 2px; } .steps .from { padding-left: 2px; }
.steps .to { transform: translateX(-100%); padding-right: 3px; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
.c4 { color: var(--c4); } .c5 { color: var(--c5); } .c6 { color: var(--c6); } .c7 { color: var(--c7); }

.pair { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 16px 18px; margin-top: 14px; }
.pair h3 { font: 600 14px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; margin-bottom: 10px; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 16px; }
.answers section { border-left: 3px solid var(--rule); padding-left: 14px; min-width: 0; }
.answers .right { border-color: var(--right); } .answers .wrong { border-color: var(--wrong); }
.answers h4 { margin: 0; font-size: 12.5px; font-weight: 600; color: var(--soft); }
.answers p { margin: 6px 0 0; font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
.answers p b { color: var(--ink); }
pre, td.t { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
pre { margin: 6px 0 0; max-height: 220px; overflow: auto; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: 8px 12px; border-bottom: 1px solid var(--rule); }
tbody tr:last-child td { border-bottom: 0; }
th { font-weight: 600; color: var(--soft); white-space: nowrap; }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid var(--accent); }
th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
#samples th:is(:nth-child(2), :nth-child(7), :nth-child(8)), td.n { text-align: right; white-space: nowrap; } td:first-child { white-space: nowrap; }
td small { display: block; font-weight: 400; color: var(--soft); white-space: normal; }
td.t { min-width: 170px; } #samples td:nth-child(4) { min-width: 300px; width: 42%; }
.clamp { max-height: 7.5em; overflow-y: auto; }
tr.right td:nth-child(7) { color: var(--right); font-weight: 600; } tr.wrong td:nth-child(7) { color: var(--wrong); }
details { margin-top: 16px; } summary { cursor: pointer; color: var(--soft); font-size: 14px; }
.config { columns: 3 300px; column-gap: 34px; margin-top: 12px; font-size: 13px; }
.config section { break-inside: avoid; margin-bottom: 16px; } .config h4 { margin: 0 0 4px; font-size: 13px; }
.config div { display: flex; justify-content: space-between; gap: 14px; border-bottom: 1px solid var(--rule);
  padding: 2px 0; } .config dl { margin: 0; } .config dt { color: var(--soft); }
.config dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.warnings { border-left: 3px solid var(--wrong); padding: 4px 16px; margin: 22px 0 0; color: var(--wrong); }
footer { color: var(--soft); font-size: 13px; padding-top: 36px; padding-bottom: 44px; }
@media (max-width: 820px) { .panels { grid-template-columns: minmax(0, 1fr); } .tools .where { margin-left: 0; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 560px) { main, header, footer { padding-left: 16px; padding-right: 16px; }
  .tools { margin: 0 -16px; padding: 8px 16px; } .result { grid-template-columns: 1fr; }
  .result > div + div { border-left: 0; border-top: 1px solid var(--rule); } .result .big { font-size: 34px; }
  .panel { padding: 14px 12px 10px; } }
@media print { .tools { display: none; } .panel, .card, .pair { break-inside: avoid; } }
)css";

}  // namespace gppo
