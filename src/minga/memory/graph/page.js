"use strict";
const { texts, nodes, edges, facts, sources, leftOut } = JSON.parse(document.getElementById("data").textContent);
const [drawing, view, lines, dots, names, about, search, found, day, later] = [
  "drawing", "view", "lines", "dots", "names", "about", "search", "found", "day", "later",
].map((id) => document.getElementById(id));
const NEVER = Infinity, JOINS = 3, FOUND_MAX = 12, BESIDE_MAX = 30, NAME_MAX = 26, REACH = 260;
const byFact = new Map(facts.map((one) => [one.id, one]));
const hidden = new Set();
let chosen = null, size = 1, left = 0, top_ = 0, isMoved = false;

// ---- what holds at a date, as minga.memory.graph.facts.as_of says it

const instant = (text, otherwise) => (text === null ? otherwise : Date.parse(text));
for (const one of facts) {
  one.from = Date.parse(one.validFrom);
  one.to = instant(one.validTo, NEVER);
  one.known = Date.parse(one.recordedFrom);
  one.unknown = instant(one.recordedTo, NEVER);
  one.topic = JSON.stringify([one.of, one.subject, one.predicate, one.project]);
}
for (const one of [...nodes, ...edges]) one.since = Date.parse(one.first);

function holding(at, knownBy) {
  const starts = new Set(facts.map((one) => one.topic + one.from));
  const begun = facts.filter((one) => one.known <= knownBy && knownBy < one.unknown && one.from <= at);
  const newest = new Map();
  for (const one of begun) newest.set(one.topic, Math.max(one.from, newest.get(one.topic) ?? one.from));
  return new Set(begun.filter((one) => {
    if (one.single && one.from < newest.get(one.topic)) return false;
    return at < one.to || (one.single && starts.has(one.topic + one.to));
  }));
}

// ---- where things stand: pushed apart by all others, pulled together by what joins them

function choose() {
  const most = nodes.map(() => []);
  for (const edge of edges) if (edge.fact === null) for (const end of [edge.one, edge.other]) most[end].push(edge);
  for (const list of most) for (const edge of list.sort((a, b) => b.weight - a.weight).slice(0, JOINS)) edge.drawn = true;
  const pair = (edge) => Math.min(edge.one, edge.other) + " " + Math.max(edge.one, edge.other);
  const told = new Set(edges.filter((edge) => edge.fact !== null).map(pair));
  for (const edge of edges) {
    edge.isBelow = edge.fact === null && told.has(pair(edge));
    edge.drawn = edge.fact !== null || (edge.drawn && !edge.isBelow);
  }
}

function layout() {
  const springs = edges.filter((edge) => edge.drawn), degree = nodes.map(() => 0);
  for (const edge of springs) { degree[edge.one]++; degree[edge.other]++; }
  nodes.forEach((node, i) => {
    const angle = i * 2.39996, far = 28 * Math.sqrt(i + 0.5);
    Object.assign(node, { x: far * Math.cos(angle), y: far * Math.sin(angle), dx: 0, dy: 0 });
    node.r = 5 + Math.min(15, 1.6 * Math.sqrt(degree[i] + node.times));
  });
  for (let heat = 1; heat > 0.005; heat *= 0.982) {
    for (let i = 0; i < nodes.length; i++) for (let j = i + 1; j < nodes.length; j++) {
      const a = nodes[i], b = nodes[j];
      const x = b.x - a.x || 0.1, y = b.y - a.y || 0.1, far = x * x + y * y, near = a.r + b.r + 14;
      if (far > REACH * REACH) continue;
      const push = heat * (700 / Math.max(far, 100) + (far < near * near ? 0.3 * (near / Math.sqrt(far) - 1) : 0));
      a.dx -= x * push; a.dy -= y * push; b.dx += x * push; b.dy += y * push;
    }
    for (const edge of springs) {
      const a = nodes[edge.one], b = nodes[edge.other], x = b.x - a.x, y = b.y - a.y;
      const far = Math.hypot(x, y) || 1, few = Math.min(degree[edge.one], degree[edge.other]);
      const pull = (0.8 * heat * (far - 45 - a.r - b.r)) / far / few;
      const share = degree[edge.one] / (degree[edge.one] + degree[edge.other]);
      a.dx += x * pull * (1 - share); a.dy += y * pull * (1 - share);
      b.dx -= x * pull * share; b.dy -= y * pull * share;
    }
    for (const node of nodes) {
      node.dx -= node.x * 0.05 * heat; node.dy -= node.y * 0.068 * heat;
      node.x += node.dx; node.y += node.dy; node.dx *= 0.6; node.dy *= 0.6;
    }
  }
}

// ---- the picture

const make = (tag, given = {}, ...inside) => {
  const made = Object.assign(document.createElement(tag), given);
  made.append(...inside);
  return made;
};
const sign = (tag, given) => {
  const made = document.createElementNS(drawing.namespaceURI, tag);
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
  return made;
};
const short = (text) => (text.length > NAME_MAX ? text.slice(0, NAME_MAX - 1) + "…" : text);
const kindOf = (node) => texts.kinds[node.kind];

function draw() {
  nodes.forEach((node, i) => {
    node.dot = sign("circle", { class: node.kind });
    node.dot.append(Object.assign(sign("title", {}), { textContent: `${node.name} (${kindOf(node)})` }));
    node.dot.addEventListener("click", () => open(i));
    node.label = Object.assign(sign("text", {}), { textContent: short(node.name) });
    dots.append(node.dot);
    names.append(node.label);
  });
  for (const edge of edges) if (edge.drawn) line(edge);
}

function line(edge) {
  edge.line = sign("path", { class: edge.fact === null ? "" : "fact" });
  lines.append(edge.line);
  trace(edge);
}

function trace(edge) {
  const a = nodes[edge.one], b = nodes[edge.other], x = (b.x - a.x) * size, y = (b.y - a.y) * size;
  const far = Math.hypot(x, y) || 1, [from, to] = [radius(a) / far, 1 - (radius(b) + 2) / far];
  const [x0, y0] = [a.x * size, a.y * size];
  edge.line.setAttribute("d", `M${x0 + x * from} ${y0 + y * from}L${x0 + x * to} ${y0 + y * to}`);
}

const radius = (node) => node.r * Math.max(0.6, Math.min(1.5, size));
const seen = (node) => !hidden.has(node.kind) && (later.checked || node.since <= moment());
const joined = (edge) => chosen !== null && (edge.one === chosen || edge.other === chosen);

function show() {
  const at = moment(), holds = holding(at, later.checked ? NEVER_WRONG : at);
  document.getElementById("date").value = new Date(at).toISOString().slice(0, 10);
  const near = new Set(chosen === null ? [] : [chosen]);
  for (const edge of edges) if (joined(edge)) near.add(edge.one).add(edge.other);
  drawing.classList.toggle("chosen-one", chosen !== null);
  nodes.forEach((node, i) => {
    node.dot.style.display = node.label.style.display = seen(node) ? "" : "none";
    node.dot.classList.toggle("near", near.has(i));
    node.label.classList.toggle("near", near.has(i));
    node.dot.classList.toggle("chosen", i === chosen);
  });
  for (const edge of edges) {
    if (joined(edge) && !edge.line && !edge.isBelow) line(edge);
    if (!edge.line) continue;
    const isSeen = seen(nodes[edge.one]) && seen(nodes[edge.other]) && (edge.drawn || joined(edge));
    edge.line.style.display = isSeen && (later.checked || edge.since <= at) ? "" : "none";
    edge.line.classList.toggle("over", edge.fact !== null && !holds.has(byFact.get(edge.fact)));
    edge.line.classList.toggle("lit", joined(edge));
  }
  label(near);
  tell(holds, at);
}

function label(near) {
  const taken = [], order = nodes.map((_, i) => i).sort((a, b) => near.has(b) - near.has(a) || a - b);
  for (const i of order) {
    const node = nodes[i];
    if (!seen(node)) continue;
    const wide = 8 + 6.4 * short(node.name).length, x = node.x * size - wide / 2, y = node.y * size + radius(node);
    const isFree = taken.every((box) => x > box[0] + box[2] || box[0] > x + wide || Math.abs(y - box[1]) > 15);
    node.label.style.display = isFree || i === chosen ? "" : "none";
    if (isFree) taken.push([x, y, wide]);
  }
}

function place() {
  view.setAttribute("transform", `translate(${left} ${top_})`);
}

function scale() {
  for (const node of nodes) {
    const [x, y, r] = [node.x * size, node.y * size, radius(node)];
    for (const [key, value] of [["cx", x], ["cy", y], ["r", r]]) node.dot.setAttribute(key, value);
    node.label.setAttribute("x", x);
    node.label.setAttribute("y", y + r + 13);
  }
  for (const edge of edges) if (edge.line) trace(edge);
  place(); show();
}

function fit() {
  const { width, height } = drawing.getBoundingClientRect(), shown = nodes.filter(seen);
  if (!shown.length || !width) return;
  const [x, y] = ["x", "y"].map((key) => shown.map((node) => node[key]));
  const [x0, x1, y0, y1] = [Math.min(...x) - 60, Math.max(...x) + 60, Math.min(...y) - 30, Math.max(...y) + 40];
  size = Math.min(2, width / (x1 - x0), height / (y1 - y0));
  [left, top_] = [width / 2 - (size * (x0 + x1)) / 2, height / 2 - (size * (y0 + y1)) / 2];
  scale();
}

function zoom(by, x, y) {
  const before = size;
  isMoved = true;
  size = Math.max(0.1, Math.min(8, size * by));
  left = x - ((x - left) * size) / before; top_ = y - ((y - top_) * size) / before;
  scale();
}

// ---- what is known about one thing

const date = (at) => (Number.isFinite(at) ? new Date(at).toISOString().slice(0, 10) : "…");
const span = (from, to) => `${date(from)} → ${date(to)}`;
const number = (text, count) => text.replace("{0}", count);
const from = (ids) => ids.map((id) => sources[id] ?? id).join(" · ");

function tell(holds, at) {
  if (chosen === null) return about.replaceChildren(make("p", { className: "quiet" }, texts.choose), make("p", { className: "quiet" }, texts.keys));
  const node = nodes[chosen], named = new Set(edges.filter((edge) => edge.fact && joined(edge)).map((edge) => edge.fact));
  const known = facts.filter((one) => one.of === chosen || named.has(one.id)).sort((a, b) => holds.has(b) - holds.has(a) || b.from - a.from);
  const beside = edges.filter((edge) => edge.fact === null && joined(edge)).sort((a, b) => b.weight - a.weight).slice(0, BESIDE_MAX);
  const close = make("button", { className: "close", type: "button", textContent: texts.close, onclick: () => open(null) });
  const more = [kindOf(node), node.project && `${texts.project} ${node.project}`, number(texts.passages, node.times)];
  about.replaceChildren(
    close, make("h2", {}, make("span", { className: `dot ${node.kind}` }), " " + node.name),
    make("p", { className: "quiet" }, more.filter(Boolean).join(" · ")),
    node.also.length ? make("p", {}, `${texts.also}: ${node.also.join(", ")}`) : "",
    make("h3", {}, texts.facts), ...known.map((one) => factBox(one, holds, at)),
    known.length ? "" : make("p", { className: "quiet" }, texts.no_facts),
    beside.length ? make("h3", {}, texts.beside) : "",
    make("div", { className: "links" }, ...beside.map((edge) => link(edge.one === chosen ? edge.other : edge.one))),
    node.passages.length ? make("p", { className: "quiet" }, make("small", {}, `${texts.sources} ${from(node.passages)}`)) : "",
  );
}

function factBox(one, holds, at) {
  const marks = [one.unknown !== NEVER && texts.withdrawn, one.disputed && texts.disputed];
  if (!holds.has(one) && one.unknown === NEVER) marks.push(one.from > at || (!later.checked && one.known > at) ? texts.later : texts.ended);
  const subject = one.of === null || one.of === chosen ? "" : `${nodes[one.of].name} `;
  return make("div", { className: holds.has(one) ? "one" : "one over" },
    `${subject}${one.predicate} `, make("b", {}, one.value),
    ...marks.filter(Boolean).map((mark) => make("span", { className: "mark" }, mark)),
    make("small", {}, `${texts.holds} ${span(one.from, one.to)}`),
    make("small", {}, `${texts.known} ${span(one.known, one.unknown)}`),
    make("small", {}, `${Math.round(100 * one.confidence)} % ${texts.sure} · ${texts.sources} ${from(one.sources)}`));
}

function link(i) {
  const button = make("button", { type: "button", onclick: () => open(i) });
  button.append(make("span", { className: `dot ${nodes[i].kind}` }), nodes[i].name);
  return button;
}

function open(i) {
  chosen = i;
  if (i !== null) {
    hidden.delete(nodes[i].kind);
    const { width, height } = drawing.getBoundingClientRect(), x = nodes[i].x * size + left, y = nodes[i].y * size + top_;
    if (x < 0 || y < 0 || x > width || y > height) { left += width / 2 - x; top_ += height / 2 - y; place(); }
    about.scrollTop = 0;
  }
  history.replaceState(null, "", i === null ? "#" : "#" + nodes[i].id);
  legend(); show();
}

// ---- search, legend, date

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const wordsOf = nodes.map((node, i) =>
  folded([node.name, ...node.also, ...facts.filter((one) => one.of === i).map((one) => `${one.predicate} ${one.value}`)].join("\n")));

function find() {
  const wanted = folded(search.value.trim());
  const hits = wanted ? nodes.map((_, i) => i).filter((i) => wordsOf[i].includes(wanted)) : [];
  hits.sort((a, b) => folded(nodes[b].name).includes(wanted) - folded(nodes[a].name).includes(wanted) || a - b);
  found.replaceChildren(...hits.slice(0, FOUND_MAX).map((i) => {
    const button = link(i);
    button.addEventListener("click", () => { found.hidden = true; drawing.focus(); });
    return make("li", {}, button);
  }));
  if (wanted && !hits.length) found.append(make("li", { className: "quiet" }, texts.nothing));
  found.hidden = !wanted;
}

function legend() {
  const kinds = Object.keys(texts.kinds).filter((kind) => nodes.some((node) => node.kind === kind));
  document.getElementById("legend").replaceChildren(...kinds.map((kind) => {
    const count = nodes.filter((node) => node.kind === kind).length;
    const button = make("button", { type: "button" }, make("span", { className: `dot ${kind}` }), `${texts.kinds[kind]} ${count}`);
    button.setAttribute("aria-pressed", !hidden.has(kind));
    button.onclick = () => {
      hidden.has(kind) ? hidden.delete(kind) : hidden.add(kind);
      legend(); show();
      [...document.getElementById("legend").children][kinds.indexOf(kind)].focus();
    };
    return button;
  }));
}

// The slider goes from change to change; a day ends with it.
const DAY = 86400000, ends = (at) => Math.floor(at / DAY) * DAY + DAY - 1;
const told = [...nodes.map((one) => one.since), ...facts.flatMap((one) => [one.known, one.unknown])].filter(Number.isFinite);
const NEVER_WRONG = Math.max(...told, 0), LAST = ends(NEVER_WRONG);
const days = [...new Set([...told, ...facts.flatMap((one) => [one.from, one.to])].filter(Number.isFinite).map(ends))].sort((a, b) => a - b);
const moment = () => days[day.value] ?? LAST;
day.max = Math.max(0, days.length - 1);
day.value = Math.max(0, days.indexOf(LAST));

// ---- hands

function step(x, y) {
  if (chosen === null) return open(nodes.findIndex(seen) < 0 ? null : nodes.findIndex(seen));
  const here = nodes[chosen];
  let best = null, least = NEVER;
  nodes.forEach((node, i) => {
    const along = (node.x - here.x) * x + (node.y - here.y) * y, aside = Math.abs((node.x - here.x) * y) + Math.abs((node.y - here.y) * x);
    if (seen(node) && along > 1 && along + 2 * aside < least) [best, least] = [i, along + 2 * aside];
  });
  if (best !== null) open(best);
}

const middle = () => [drawing.clientWidth / 2, drawing.clientHeight / 2];
const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const shift = (by) => { day.value = +day.value + by; show(); };
const keys = { "+": () => zoom(1.25, ...middle()), "-": () => zoom(0.8, ...middle()), 0: fit, "[": () => shift(-1),
  "]": () => shift(1), "/": () => search.focus(), Escape: () => open(null) };

document.addEventListener("keydown", (event) => {
  const isTyping = event.target === search, isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isTyping && event.key === "Escape") { search.value = ""; find(); drawing.focus(); return; }
  if (isTyping && (event.key === "Enter" || event.key === "ArrowDown")) { found.querySelector("button")?.[event.key === "Enter" ? "click" : "focus"](); event.preventDefault(); return; }
  if (event.target.closest?.("#found") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const item = event.target.closest("li")[event.key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling"];
    (item?.querySelector("button") ?? search).focus();
    event.preventDefault();
    return;
  }
  if (isTyping || !isPlain) return;
  if (event.target === drawing && arrows[event.key]) step(...arrows[event.key]);
  else if (keys[event.key]) keys[event.key]();
  else return;
  event.preventDefault();
});
let held = null;
drawing.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY]; });
addEventListener("pointermove", (event) => {
  if (!held) return;
  isMoved = true;
  left += event.clientX - held[0]; top_ += event.clientY - held[1];
  held = [event.clientX, event.clientY];
  place();
});
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { held = null; });
drawing.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = drawing.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 500), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
search.addEventListener("input", find);
day.addEventListener("input", show);
later.addEventListener("change", show);
document.getElementById("fit").onclick = () => { isMoved = false; fit(); };
new ResizeObserver(() => { if (!isMoved) fit(); }).observe(drawing);
document.getElementById("theme").onclick = () => {
  const root = document.documentElement, isDark = getComputedStyle(root).colorScheme === "dark" ||
    (root.style.colorScheme === "" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.style.colorScheme = isDark ? "light" : "dark";
};

document.getElementById("note").textContent = leftOut ? number(texts.left_out, leftOut) : "";
choose(); layout(); draw(); legend(); fit();
const asked = nodes.findIndex((node) => "#" + node.id === location.hash);
if (asked >= 0) open(asked);
