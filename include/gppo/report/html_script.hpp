// SPDX-License-Identifier: Apache-2.0
//
// The script of report.html. The page is complete without it; it adds smoothing, the logarithmic
// axis, a crosshair shared by all charts (mouse, touch, arrow keys) and sorting of the sample
// table. It draws with the same rules as html_chart.hpp. Errors are kept in <html data-errors>,
// where a test looks for them.
#pragma once

namespace gppo {

inline constexpr const char* html_script = R"js(
'use strict';
const root = document.documentElement;
window.addEventListener('error', e => { root.dataset.errors = (root.dataset.errors || '') + e.message + '\n'; });
root.classList.add('js');
const data = JSON.parse(document.getElementById('data').textContent);
const $ = (selector, from) => Array.from((from || document).querySelectorAll(selector));
const panels = data.panels.map(panel => {
  const figure = document.querySelector(`[data-panel="${CSS.escape(panel.id)}"]`);
  return Object.assign(panel, {
    figure, area: figure.querySelector('.area'), cross: figure.querySelector('.cross'), ticks: figure.querySelector('.ticks'),
    grid: figure.querySelector('.grid'), values: $('.legend b', figure),
    parts: panel.stages.map(k => data.stages[k] || {title: '', first: 0, last: 0, offset: 0}),
    paths: panel.lines.map(line => figure.querySelector(`[data-name="${CSS.escape(line.name)}"]`))});
});
const state = {smooth: 0, log: false, x: null};

function text(v) {
  if (v === null || v === undefined || !isFinite(v)) return '–';
  const a = Math.abs(v), cut = s => s.replace(/(\.\d*?)0+(?=$|[ekM])/, '$1').replace(/\.(?=$|[ekM])/, '');
  if (a === 0) return '0';
  if (a < 1e-3 || a >= 1e9) return cut(v.toExponential(2)).replace('+', '');
  if (a < 1e4) return cut(v.toFixed(a < 0.1 ? 4 : a < 10 ? 3 : a < 100 ? 2 : a < 1e3 ? 1 : 0));
  return a < 1e6 ? cut((v / 1e3).toFixed(1)) + 'k' : cut((v / 1e6).toFixed(2)) + 'M';
}
function part(panel, x) {
  let k = 0;
  while (k + 1 < panel.parts.length && x >= panel.parts[k + 1].first) ++k;
  return k;
}
function across(panel, x) {
  const k = part(panel, x), {first, last} = panel.parts[k];
  return (k + (last > first ? Math.min(1, Math.max(0, (x - first) / (last - first))) : 0.5)) / panel.parts.length;
}
// Exponential moving average that starts unbiased: the mean of what it has seen, older values weighing less. It starts
// anew in every stage, whose values have nothing to do with those before.
function smoothed(panel, line, amount) {
  if (!amount) return line.y;
  let sum = 0, weight = 0, k = -1;
  return line.y.map((y, i) => {
    if (part(panel, line.x[i]) !== k) { k = part(panel, line.x[i]); sum = weight = 0; }
    if (y === null) return null;
    sum = amount * sum + (1 - amount) * y; weight = amount * weight + (1 - amount);
    return sum / weight;
  });
}
function rangeOf(values, log) {
  const sorted = values.filter(v => v !== null && (!log || v > 0)).sort((a, b) => a - b);
  if (!sorted.length) return [0, 1];
  const spare = Math.floor(sorted.length / 100), n = sorted.length;
  let low = sorted[0], high = sorted[n - 1];
  if (log) return low < high ? [low / 1.15, high * 1.15] : [low / 2, high * 2];
  const [a, b] = [sorted[spare], sorted[n - 1 - spare]];
  if (b > a && high - b > b - a) high = b + 0.1 * (b - a);
  if (b > a && a - low > b - a) low = a - 0.1 * (b - a);
  if (high > low) return [low, high];
  const margin = low === 0 ? 0.5 : 0.5 * Math.abs(low);
  return [low - margin, high + margin];
}
function ticksOf([low, high], log) {
  if (log) {
    const all = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e)
      for (const m of [1, 2, 5]) if (m * 10 ** e >= low && m * 10 ** e <= high) all.push(m * 10 ** e);
    const tens = all.filter(v => /^1(e|0*$|$)/.test(v.toExponential().replace(/e.*/, '')));
    const few = all.length > 6 && tens.length > 1 ? tens : all;
    return few.filter((_, i) => i % Math.ceil(few.length / 6) === 0);
  }
  const raw = (high - low) / 4, power = 10 ** Math.floor(Math.log10(raw)), r = raw / power;
  const step = power * (r <= 1 ? 1 : r <= 2 ? 2 : r <= 5 ? 5 : 10), out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) out.push(k * step);
  return out;
}
function draw(panel) {
  const log = state.log && !panel.stacked;
  const curves = panel.lines.map(line => smoothed(panel, line, line.x.length > 12 ? state.smooth : 0));
  panel.curves = curves;
  let tops = curves;
  if (panel.stacked) {
    const below = panel.lines[0].x.map(() => 0);
    tops = curves.map(curve => curve.map((y, i) => below[i] += y === null ? 0 : y));
  }
  let range = rangeOf(panel.stacked ? [0, ...tops.flat()] : panel.lines.flatMap(line => line.y), log);
  if (panel.stacked) range = [0, 1.12 * range[1]];
  else if (!log) {
    const margin = 0.06 * (range[1] - range[0]);
    range = [range[0] >= 0 ? Math.max(0, range[0] - margin) : range[0] - margin, range[1] + 2 * margin];
  }
  const scale = log ? Math.log : v => v, [low, high] = range.map(scale);
  const up = y => (scale(y) - low) / (high - low);
  const path = (line, ys) => {
    let d = '', down = false, before = -1;
    ys.forEach((y, i) => {
      const k = part(panel, line.x[i]);
      if (y === null || (log && !(y > 0))) { down = false; return; }
      if (!panel.stacked && ys.length > 12 && k !== before) down = false;
      d += (down ? 'L' : 'M') + (1000 * across(panel, line.x[i])).toFixed(1) + ' ' + (1000 * (1 - up(y))).toFixed(1);
      down = true; before = k;
    });
    return d;
  };
  panel.lines.forEach((line, i) => {
    let d = path(line, tops[i]);
    if (panel.stacked && d)
      d = d[0] + d.slice(1).replaceAll('M', 'L') + `L${1000 * across(panel, line.x[line.x.length - 1])} 1000L${
        1000 * across(panel, line.x[0])} 1000Z`;
    panel.paths[i].setAttribute('d', d);
    if (panel.stacked) return;
    panel.paths[i].previousElementSibling.setAttribute('d', state.smooth && curves[i] !== line.y ? path(line, line.y) : '');
    const dots = panel.paths[i].nextElementSibling;
    if (dots && dots.classList.contains('dots'))
      dots.setAttribute('d', path(line, line.y).replace(/L/g, 'M').replace(/(M[^M]+)/g, '$1h0'));
  });
  const ticks = ticksOf(range, log);
  panel.grid.setAttribute('d', ticks.map(v => `M0 ${1000 * (1 - up(v))}H1000`).join(''));
  panel.ticks.replaceChildren(...ticks.map(v => {
    const span = document.createElement('span');
    span.textContent = text(v);
    span.style.bottom = 100 * up(v) + '%';
    return span;
  }));
}
function nearest(xs, x) {
  let a = 0, b = xs.length - 1;
  while (b - a > 1) { const m = (a + b) >> 1; if (xs[m] < x) a = m; else b = m; }
  return Math.abs(xs[a] - x) <= Math.abs(xs[b] - x) ? a : b;
}
function stageOf(x) { return data.stages.find(s => x >= s.first && x <= s.last); }
function point() {
  const x = state.x, stage = x === null ? null : stageOf(x);
  document.getElementById('where').textContent = stage ? `${stage.title} step ${x - stage.offset}` : '';
  for (const panel of panels) {
    const inside = stage && panel.parts.some(s => x >= s.first && x <= s.last);
    panel.cross.hidden = !inside;
    if (inside) panel.cross.style.left = 100 * across(panel, x) + '%';
    panel.lines.forEach((line, i) => {
      const at = inside ? nearest(line.x, x) : line.x.length - 1;
      panel.values[i].textContent = text(panel.curves[i][at]);
    });
  }
}
function xAt(panel, share) {
  const n = panel.parts.length, k = Math.min(n - 1, Math.max(0, Math.floor(share * n))), s = panel.parts[k];
  return Math.round(s.first + Math.min(1, Math.max(0, share * n - k)) * (s.last - s.first));
}
for (const panel of panels) {
  const follow = e => {
    const box = panel.area.getBoundingClientRect();
    state.x = xAt(panel, (e.clientX - box.left) / box.width);
    point();
  };
  panel.area.addEventListener('pointermove', follow);
  panel.area.addEventListener('pointerdown', follow);
  panel.area.addEventListener('pointerleave', () => { state.x = null; point(); });
  panel.area.parentElement.addEventListener('keydown', e => {
    const move = {ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20}[e.key];
    if (e.key === 'Escape') state.x = null;
    else if (!move) return;
    else {
      const xs = panel.lines.reduce((a, b) => a.x.length >= b.x.length ? a : b).x;
      const at = state.x === null ? xs.length - 1 : nearest(xs, state.x) + move;
      state.x = xs[Math.min(xs.length - 1, Math.max(0, at))];
    }
    e.preventDefault();
    point();
  });
}
function redraw() { panels.forEach(draw); point(); }
const smooth = document.getElementById('smooth'), log = document.getElementById('log');
smooth.addEventListener('input', () => {
  state.smooth = Number(smooth.value);
  smooth.nextElementSibling.textContent = state.smooth ? state.smooth.toFixed(2) : 'off';
  redraw();
});
log.addEventListener('change', () => { state.log = log.checked; redraw(); });
$('#samples th').forEach((th, column) => {
  const button = document.createElement('button');
  button.textContent = th.textContent;
  th.replaceChildren(button);
  button.addEventListener('click', () => {
    const down = th.getAttribute('aria-sort') === 'ascending', body = document.querySelector('#samples tbody');
    $('#samples th').forEach(other => other.removeAttribute('aria-sort'));
    th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const key = row => { const v = row.cells[column].dataset.value; return v === undefined ? row.cells[column].textContent :
      v === '' ? -Infinity : Number(v); };
    const rows = $('tr', body).map(row => [key(row), row]);
    rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
    body.append(...rows.map(([, row]) => row));
  });
});
redraw();
root.dataset.ready = panels.length;
)js";

}  // namespace gppo
