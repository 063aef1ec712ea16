// What every page needs: elements made without markup, searching sorted lists, tabs, long lists.
// Text of the data only ever becomes text nodes and attributes: there is no innerHTML here.

const DATA = JSON.parse(document.getElementById("data").textContent);
const LANGUAGE = WORDS[DATA.language] ? DATA.language : "en";
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const SVG = "http://www.w3.org/2000/svg";

// A word of the page's language; {0}, {1} stand for values. What it does not know it shows as it is.
function say(key, ...values) {
  const text = WORDS[LANGUAGE][key] ?? WORDS.en[key] ?? key;
  return values.length ? text.replace(/\{(\d)\}/g, (_, at) => values[at]) : text;
}

// An element: attributes, "on..." handlers and children; null children are left out.
function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

// How many rows of a list sorted by `key` come at `time` or before it.
function countUpTo(rows, time, key = (row) => row.t) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(rows[middle]) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The last row at `time` or before it.
function lastUpTo(rows, time, key) {
  return rows[countUpTo(rows, time, key) - 1];
}

function grouped(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const name = key(row);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return groups;
}

// A list that makes its rows as they come into sight, so that 20,000 cost as little as 20.
function longList(rows, draw, empty, step = 40) {
  const list = el("ul", { class: "long" });
  if (!rows.length) return el("p", { class: "quiet" }, empty);
  let drawn = 0;
  const more = el("button", { class: "more", type: "button", onclick: () => grow(true) });
  const holder = el("div", {}, list, more);
  const watcher = new IntersectionObserver((seen) => seen.some((e) => e.isIntersecting) && grow());
  function grow(byHand = false) {
    const first = drawn;
    for (const row of rows.slice(drawn, drawn + step)) list.append(el("li", {}, draw(row)));
    drawn = Math.min(rows.length, drawn + step);
    more.textContent = say("more", rows.length - drawn);
    if (byHand) list.children[first]?.querySelector("button, summary")?.focus();
    if (drawn < rows.length) return;
    watcher.disconnect();
    more.remove();
  }
  grow();
  if (drawn < rows.length) watcher.observe(more);
  return holder;
}

// What is pressed may draw anew what it stands in; the focus then goes to what took its place.
function keepingFocus(holder, draw) {
  const all = () => [...holder.querySelectorAll("button, input, select, summary, [tabindex]")];
  const at = all().indexOf(document.activeElement);
  draw();
  if (at >= 0) (all()[at] ?? all().pop())?.focus({ preventScroll: true });
}

// Tabs as the ARIA pattern has them. `pages` is [[key, label, draw]]; only the open one is drawn.
function tabs(pages, label, changed = () => {}) {
  const panel = el("div", { role: "tabpanel", class: "tabpanel", tabindex: "0" });
  const buttons = pages.map(([key, text], at) =>
    el("button", { role: "tab", type: "button", id: `tab-${key}`, "data-tab": key,
      onclick: () => open(key), onkeydown: (event) => walk(event, at) }, text));
  let current = pages[0][0];
  function open(key) {
    current = key;
    buttons.forEach((button) => {
      const chosen = button.dataset.tab === key;
      button.setAttribute("aria-selected", chosen);
      button.tabIndex = chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `tab-${key}`);
    panel.scrollTop = 0;
    draw();
    changed(key);
  }
  function walk(event, at) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[(at + step + buttons.length) % buttons.length];
    open(next.dataset.tab);
    next.focus();
  }
  function draw() {
    const page = pages.find(([key]) => key === current)[2];
    keepingFocus(panel, () => panel.replaceChildren(...[page()].flat(Infinity).filter(Boolean)));
  }
  const node = el("div", { class: "tabs" },
    el("div", { role: "tablist", "aria-label": label }, buttons), panel);
  return { node, open, draw, panel, get current() { return current; } };
}

function number(value) {
  return typeof value === "number" ? value.toLocaleString(LANGUAGE) : String(value);
}

// Words that belong together: a term and its value, line by line.
function facts(rows) {
  return el("dl", { class: "facts" },
    rows.map(([key, value]) => el("div", {}, el("dt", {}, say(key)), el("dd", {}, number(value)))));
}

function table(head, rows, caption) {
  const cells = (row) => row.map((value, at) =>
    at ? el("td", {}, number(value)) : el("th", { scope: "row" }, say(String(value))));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col" }, say(name))))),
      el("tbody", {}, rows.map((row) => el("tr", {}, cells(row))))));
}
