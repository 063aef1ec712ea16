// One person's memories with the parts of their scores, and the tree of reflections above them.

const PARTS = ["recency", "importance", "relevance"];

function bars(score, importance) {
  const values = score ?? (importance === null ? {} : { importance: importance / 10 });
  const shown = PARTS.filter((part) => values[part] !== undefined && values[part] !== null);
  if (!shown.length) return null;
  const told = shown.map((part) => `${say(part)} ${Number(values[part]).toFixed(2)}`).join(", ");
  return el("span", { class: "bars", role: "img", "aria-label": told, title: told },
    shown.map((part) => el("span", { class: `bar ${part}`,
      "--share": `${Math.round(100 * Math.min(1, Math.max(0, values[part])))}%` },
    el("span", { class: "letter" }, say(part)))));
}

function timeButton(town, t, jump) {
  return el("button", { type: "button", class: "when", "aria-label": say("goto", town.stamp(t)),
    onclick: () => jump(t) }, town.stamp(t));
}

function memoryRow(town, memory, { jump, now, withName = false }) {
  const kind = memory.kind === "plan" ? "plan_kind" : memory.kind;
  return el("article", { class: memory.kind === "reflection" ? "memory concluded" : "memory" },
    el("div", { class: "memoryhead" }, timeButton(town, memory.t, jump),
      el("span", { class: "kind" }, say(kind)),
      withName ? el("span", { class: "whose", dir: "auto" }, town.name(memory.who)) : null,
      bars(town.score(memory.id, now), memory.importance)),
    el("p", { dir: "auto" }, memory.text));
}

// The search field stays while the list below it changes, so that typing is never cut off.
function memoryList(town, state, jump) {
  const counted = el("p", { class: "quiet", role: "status" });
  const holder = el("div", {});
  let shown = -1;
  const field = el("input", { type: "search", placeholder: say("search"), "aria-label": say("search"),
    oninput: () => { state.wanted = field.value; fill(); } });
  const all = el("input", { type: "checkbox", id: "everybody",
    onchange: () => { state.everybody = all.checked; fill(); } });
  const node = el("div", {},
    el("div", { class: "searching" }, field,
      el("label", { for: "everybody" }, all, say("everybody"))), counted, holder);
  field.value = state.wanted;
  all.checked = state.everybody;

  function fill(lazily = false) {
    const rows = state.everybody ? town.everyone : town.own[state.who];
    const upTo = countUpTo(rows, state.now);
    if (lazily && shown === upTo) return;
    shown = upTo;
    const wanted = state.wanted.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (let at = upTo - 1; at >= 0; at -= 1) {
      if (wanted.every((word) => lowered(rows[at]).includes(word))) found.push(rows[at]);
    }
    counted.textContent = say("found", found.length, upTo);
    const options = { jump, now: state.now, withName: state.everybody };
    keepingFocus(holder, () => holder.replaceChildren(longList(found,
      (memory) => memoryRow(town, memory, options), say(upTo ? "no_match" : "none"))));
  }
  fill();
  return { node, fill };
}

function lowered(memory) {
  memory.lower ??= memory.text.toLowerCase();
  return memory.lower;
}

// What was recalled in this very moment, and why.
function recalledNow(town, state, jump) {
  const recalls = town.recalledAt(state.who, state.now);
  if (!recalls.length) return null;
  return el("details", { class: "recalled" },
    el("summary", {}, `${say("recalled")} (${recalls.length})`),
    recalls.map((recall) => el("div", { class: "recall" },
      el("p", { class: "quiet", dir: "auto" }, say("for", recall.query || recall.purpose)),
      recall.hits.map(([id, recency, importance, relevance]) => el("div", { class: "memory flat" },
        el("div", { class: "memoryhead" },
          town.memories[id] ? timeButton(town, town.memories[id].t, jump) : null,
          bars({ recency, importance, relevance }, null)),
        el("p", { dir: "auto" }, town.memories[id]?.text ?? say("missing")))))));
}

// A reflection opens to what it stands on, down to what was seen and heard.
function reflectionTree(town, memory, jump, above = []) {
  const head = [timeButton(town, memory.t, jump), el("span", { dir: "auto" }, memory.text)];
  const evidence = (memory.evidence ?? []).filter((id) => !above.includes(id));
  if (!evidence.length) {
    return el("div", { class: "leaf" }, el("span", { class: "kind" },
      say(memory.kind === "plan" ? "plan_kind" : memory.kind)), head);
  }
  const node = el("details", { class: "node" }, el("summary", {}, head));
  node.addEventListener("toggle", () => {
    if (node.children.length > 1) return;
    node.append(el("ul", {}, evidence.map((id) => el("li", {}, town.memories[id]
      ? reflectionTree(town, town.memories[id], jump, [...above, memory.id])
      : el("span", { class: "quiet" }, say("missing"))))));
  });
  return node;
}

// All reflections of a person, the later ones faint, so that a jump back does not fold the tree.
function reflections(town, state, jump) {
  const found = town.own[state.who].filter((memory) => memory.kind === "reflection").reverse();
  const draw = (memory) => el("div", { class: "root", "data-t": memory.t },
    reflectionTree(town, memory, jump));
  const node = longList(found, (memory) => later(draw(memory), state.now), say("no_reflections"));
  const fill = () => node.querySelectorAll("[data-t]").forEach((root) => later(root, state.now));
  return { node, fill };
}

function later(root, now) {
  root.classList.toggle("later", Number(root.dataset.t) > now);
  return root;
}
