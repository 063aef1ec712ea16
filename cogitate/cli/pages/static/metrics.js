// What the day came to: the way of the news, who talked with whom, figures and tables.

function metricsPanel(town, data, state, jump, pick) {
  return [
    data.news.length ? el("h2", {}, say("news")) : null,
    data.news.map((news) => newsView(town, news, state, jump)),
    el("h2", {}, say("network")),
    network(town, data.bonds, state, pick),
    data.measures.length ? el("h2", {}, say("figures")) : null,
    data.measures.length ? facts(data.measures) : null,
    data.tables.map(({ title, head, rows }) => table(head, rows, say(title))),
  ].flat().filter(Boolean);
}

// A line that climbs when one more person knows it.
function newsView(town, news, state, jump) {
  const [wide, high, left, base] = [320, 96, 22, 80];
  const last = Math.max(1, town.times.length - 1);
  const x = (t) => left + ((wide - left - 6) * Math.max(0, t)) / last;
  const most = Math.max(1, town.people.length);
  const y = (count) => base - ((base - 8) * count) / most;
  let line = `M${x(0)} ${y(0)}`;
  news.knows.forEach(([t], at) => { line += `H${x(t)}V${y(at + 1)}`; });
  const now = countUpTo(news.knows, state.now, ([t]) => t);
  const told = say("knows", now, most);
  return el("figure", { class: "news" },
    el("figcaption", {}, el("span", { dir: "auto" }, news.text), el("b", {}, told)),
    svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": told },
      [0, most].map((count) => [
        svg("line", { x1: left, x2: wide - 6, y1: y(count), y2: y(count), class: "grid" }),
        svg("text", { x: left - 5, y: y(count) + 3, "text-anchor": "end" }, String(count))]),
      svg("path", { d: `${line}H${x(last)}`, class: "line" }),
      svg("line", { x1: x(state.now), x2: x(state.now), y1: 8, y2: base, class: "cursor" }),
      [0, last].map((t) => svg("text", { x: x(t), y: high - 3, "text-anchor": t ? "end" : "start" },
        town.stamp(t)))),
    el("ul", { class: "heard" }, news.knows.map(([t, who, from]) => el("li",
      { class: t > state.now ? "later" : null },
      t < 0 ? el("span", { class: "when" }, say("before")) : timeButton(town, t, jump),
      el("span", { dir: "auto" }, town.name(who)),
      t < 0 ? null : el("span", { class: "quiet", dir: "auto" },
        from < 0 ? say("itself") : say("from", town.name(from)))))));
}

function network(town, bonds, state, pick) {
  const [wide, high] = [320, 280];
  const count = town.people.length;
  const size = Math.max(7, Math.min(15, 150 / Math.max(1, count)));
  const at = town.people.map((_, who) => {
    const turn = (2 * Math.PI * who) / count - Math.PI / 2;
    return [wide / 2 + 118 * Math.cos(turn), high / 2 + 112 * Math.sin(turn)];
  });
  const seen = bonds.filter(([t]) => t <= state.now);
  const old = seen.filter(([t]) => t < 0);
  const pairs = new Set(seen.map(([, a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`));
  const possible = Math.max(1, (count * (count - 1)) / 2);
  const density = (pairs.size / possible).toFixed(2);
  const first = new Set(old.map(([, a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)).size / possible;
  const told = say("density_from", density, first.toFixed(2));
  return el("figure", { class: "network" },
    svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": told },
      seen.map(([t, a, b]) => svg("line", { x1: at[a][0], y1: at[a][1], x2: at[b][0], y2: at[b][1],
        class: t < 0 ? "bond old" : "bond" })),
      town.people.map((person, who) => svg("g", { class: "node", onclick: () => pick(who) },
        svg("title", {}, person.name),
        svg("circle", { cx: at[who][0], cy: at[who][1], r: size, "--hue": hue(who) }),
        svg("text", { x: at[who][0], y: at[who][1] + size * 0.27, "text-anchor": "middle",
          "--size": `${size * 0.8}px` }, initials(person.name))))),
    el("figcaption", {}, el("b", {}, told),
      el("span", { class: "key old" }, say("known")), el("span", { class: "key" }, say("met"))));
}
