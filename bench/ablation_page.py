# SPDX-License-Identifier: Apache-2.0
"""Statistics of the ablations, and the page that shows them: one HTML file that loads nothing."""
import html
import itertools
import math
import statistics

# Student's t at 97.5 %, by degrees of freedom.
T975 = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
        2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
        2.0452, 2.0423]
# What is shown of an experiment: [key, label, whether in percent] and [curve, title].
COLUMNS = [["final", "final pass@1, %", True], ["area", "area under the curve, %", True], ["entropy", "entropy, nats", False],
           ["clipped", "gradient from outside, share", False], ["tokens", "tokens outside, share", False]]
CHARTS = [["pass", "held-out pass@1"], ["entropy", "entropy, nats per token"],
          ["clipped", "share of the gradient from outside the trust region"]]
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00"]


def interval(values):
    """(mean, low, high): 95 % by Student's t over seeds; of a single value nothing is known."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, -math.inf, math.inf
    half = T975[min(len(values) - 1, 30) - 1] * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def area(curve):
    """Mean height of a curve [(x, y)], by trapezoids."""
    if len(curve) < 2:
        return curve[0][1]
    total = sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in zip(curve, curve[1:]))
    return total / (curve[-1][0] - curve[0][0])


def verdict(low, high):
    return "higher" if low > 0 else "lower" if high < 0 else "not told apart"


def differences(runs_by_arm, score):
    """Paired by seed, each pair of arms: {a, b, mean, low, high, verdict}; of a less b."""
    out = []
    for a, b in itertools.combinations(runs_by_arm, 2):
        seeds = sorted(runs_by_arm[a].keys() & runs_by_arm[b].keys())
        if not seeds:
            continue
        mean, low, high = interval([runs_by_arm[a][s][score] - runs_by_arm[b][s][score] for s in seeds])
        out.append({"a": a, "b": b, "seeds": len(seeds), "mean": mean, "low": low, "high": high, "verdict": verdict(low, high)})
    return out


def banded(runs, name):
    """[(x, mean, low, high)] of a curve, at the places that every run has."""
    columns = {}
    for run in runs:
        for x, y in run["curves"].get(name, []):
            columns.setdefault(x, []).append(y)
    return [(x, *interval(ys)) for x, ys in sorted(columns.items()) if len(ys) == len(runs)]


# --- the page ----------------------------------------------------------------------------------------------
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 430, 250, 52, 26, 34


def ticks(low, high):
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9)))
    while (high - low) / step < 3:
        step /= 2
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def chart(title, bands):
    """`bands`: name -> [(x, mean, low, high)]. Lines with a band for the interval, clipped to the drawing."""
    points = [point for band in bands.values() for point in band]
    if not points:
        return ""
    right = max(point[0] for point in points) or 1
    top = max(max(point[1] for point in points), max(p[3] for p in points if math.isfinite(p[3])) if any(
        math.isfinite(p[3]) for p in points) else 0, 1e-6)
    bottom = min(0, min(point[1] for point in points))

    def px(x):
        return LEFT + x / right * (WIDTH - LEFT - 8)

    def py(y):
        y = min(max(y, bottom), top)
        return HEIGHT - BOTTOM - (y - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">',
             f'<text x="{LEFT}" y="15" class="title">{html.escape(title)}</text>']
    for y in ticks(bottom, top):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{py(y):.1f}" y2="{py(y):.1f}" class="grid"/>'
                     f'<text x="{LEFT - 6}" y="{py(y) + 4:.1f}" text-anchor="end">{y:.3g}</text>')
    for x in ticks(0, right):
        parts.append(f'<text x="{px(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:.4g}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 3}" text-anchor="middle">step</text>')
    for colour, band in zip(itertools.cycle(COLOURS), bands.values()):
        if not band:
            continue
        known = [p for p in band if math.isfinite(p[3])]
        around = [(px(x), py(high)) for x, _, _, high in known] + [(px(x), py(low)) for x, _, low, _ in reversed(known)]
        if known:
            parts.append(f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in around)}" fill="{colour}" opacity=".13"/>')
        parts.append(f'<polyline points="{" ".join(f"{px(p[0]):.1f},{py(p[1]):.1f}" for p in band)}" fill="none" '
                     f'stroke="{colour}" stroke-width="1.8"/>')
    return "".join(parts) + "</svg>"


def percent(mean, low, high):
    around = f" [{100 * low:.1f}, {100 * high:.1f}]" if math.isfinite(low) else " [one seed]"
    return f"{100 * mean:.1f}{around}"


def number(mean, low, high):
    around = f" [{low:.3g}, {high:.3g}]" if math.isfinite(low) else " [one seed]"
    return f"{mean:.3g}{around}"


def table(head, rows):
    cells = "".join(f"<th>{html.escape(h)}</th>" for h in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"


def section(result):
    arms = result["arms"]
    shown = [column for column in result["columns"] if any(column[0] in arm for arm in arms)]
    written = {key: percent if in_percent else number for key, _, in_percent in shown}
    rows = []
    for colour, arm in zip(itertools.cycle(COLOURS), arms):
        cells = [f'<b style="color:{colour}">{html.escape(arm["name"])}</b>', str(arm["seeds"])]
        rows.append(cells + ["" if key not in arm else written[key](*arm[key]) for key, _, _ in shown])
    pairs = [[html.escape(f'{d["a"]} − {d["b"]}'), html.escape(label), str(d["seeds"]), written[key](d["mean"], d["low"], d["high"]),
              f'<span class="{"told" if d["verdict"] != "not told apart" else ""}">{d["verdict"]}</span>']
             for key, label, _ in shown for d in result["differences"].get(key, [])]
    charts = "".join(chart(title, {arm["name"]: arm["bands"].get(key, []) for arm in arms}) for key, title in result["charts"])
    return (f'<h2>{html.escape(result["title"])}</h2><p>{html.escape(result["text"])}</p>'
            f'<div class="charts">{charts}</div>' + table(["", "seeds", *(label for _, label, _ in shown)], rows) +
            table(["difference, same seeds", "of", "seeds", "", ""], pairs))


STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1340px;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}
h1{font-size:1.5em}h2{margin-top:2em}.charts{display:flex;flex-wrap:wrap;gap:8px}svg{width:430px;max-width:100%}
svg text{font-size:11px;fill:currentColor}svg .title{font-size:13px;font-weight:600}.grid{stroke:currentColor;opacity:.15}
table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}td,th{padding:3px 12px 3px 0;text-align:left;
border-bottom:1px solid #ccc}.told{font-weight:600}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#151515}}"""


def page(results, machine):
    pairs = sum(len(found) for result in results for found in result["differences"].values())
    note = ("Lines are means over seeds, bands and brackets 95 % intervals by Student's t over seeds. Differences are of runs with the "
            "same seed, which share prompts, held-out problems and the random numbers of sampling. A difference is told apart "
            f"where its own interval leaves out 0; there are {pairs} of them here, so that of equals about {max(1, round(pairs / 20))} "
            "would be, by chance. Nothing was tuned for one arm alone, unless its text says so.")
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ablations</title><style>{STYLE}</style></head>'
            f'<body><h1>Ablations</h1><p>{html.escape(note)}</p><p>{html.escape(machine)}</p>' +
            "".join(section(result) for result in results) + "</body></html>\n")
