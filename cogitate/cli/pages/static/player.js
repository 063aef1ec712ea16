// The player: a slider through time with play, pause and step; the arrow keys work everywhere.

function player({ length, start, label, tell, show }) {
  let now = start;
  let timer = 0;
  let noting = 0;
  const slider = el("input", { type: "range", id: "time", min: 0, max: Math.max(0, length - 1),
    step: 1, "aria-label": label, oninput: () => go(Number(slider.value)) });
  const clock = el("output", { class: "clock", for: "time" });
  const play = el("button", { type: "button", class: "play", onclick: () => (timer ? stop() : run()) });
  const speed = el("select", { "aria-label": say("speed") },
    [1, 2, 4, 8].map((times) => el("option", { value: times }, `${times}×`)));
  const step = (by, sign, word) => el("button", { type: "button", class: "step", title: say(word),
    "aria-label": say(word), onclick: () => { stop(); go(now + by); } }, icon(sign));
  const node = el("div", { class: "player", role: "group", "aria-label": say("player") },
    step(-1, "back", "back"), play, step(1, "forward", "forward"), slider, clock, speed);

  function go(index) {
    now = Math.min(length - 1, Math.max(0, index));
    slider.value = now;
    const text = tell(now);
    clock.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    slider.style.setProperty("--done", `${length > 1 ? (100 * now) / (length - 1) : 0}%`);
    show(now);
    clearTimeout(noting);
    noting = setTimeout(note, 400);
  }
  // The address remembers the time; browsers allow that only so often, and some not at all.
  function note() {
    try {
      history.replaceState(null, "", `#${now}`);
    } catch {
      noting = 0;
    }
  }
  function run() {
    if (now === length - 1) go(0);
    timer = setTimeout(next, 800 / Number(speed.value));
    mark();
  }
  function next() {
    go(now + 1);
    if (now === length - 1) stop();
    else timer = setTimeout(next, 800 / Number(speed.value));
  }
  function stop() {
    clearTimeout(timer);
    timer = 0;
    mark();
  }
  function mark() {
    const word = say(timer ? "pause" : "play");
    play.replaceChildren(icon(timer ? "pause" : "play"));
    play.setAttribute("aria-label", word);
    play.title = word;
    clock.setAttribute("aria-live", timer ? "off" : "polite");
  }
  const keys = {
    ArrowLeft: () => { stop(); go(now - 1); },
    ArrowRight: () => { stop(); go(now + 1); },
    Home: () => { stop(); go(0); },
    End: () => { stop(); go(length - 1); },
    " ": () => (timer ? stop() : run()),
  };
  document.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = event.target;
    if (at.matches("input:not([type=range]), select, textarea")) return;
    if (event.key === " " && at.matches("button, summary, a")) return;
    if (at !== slider && /Home|End/.test(event.key) && at.closest("[role=tabpanel]")) return;
    event.preventDefault();
    action();
  });
  addEventListener("hashchange", () => asked() !== now && go(asked()));
  function asked() {
    const index = Number.parseInt(location.hash.slice(1), 10);
    return index >= 0 && index < length ? index : now;
  }
  mark();
  return { node, go, stop, begin: () => go(asked()),
    jump: (index) => { stop(); go(index); }, get now() { return now; } };
}

const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  back: "M15.5 5 8.5 12l7 7 1.5-1.5L11.5 12 17 6.500z",
  forward: "M8.500 5l7 7-7 7L7 17.500 12.500 12 7 6.500z",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18v-1.500a7.500 7.500 0 0 0 0-15z",
  talk: "M4 5h16v11h-9l-4.500 4v-4H4z",
};

function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" },
    svg("path", { d: ICONS[name] }));
}

// The head of a page: its title, what is worth knowing at once, and the switch of the colours.
function pageHead(title, about) {
  const root = document.documentElement;
  const theme = el("button", { type: "button", class: "theme", title: say("theme"),
    "aria-label": say("theme"), onclick: () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
    } }, icon("theme"));
  return el("header", { class: "top" },
    el("a", { class: "skip", href: "#time", onclick: (event) => {
      event.preventDefault();
      document.getElementById("time").focus();
    } }, say("skip")),
    el("div", { class: "title" }, el("h1", { dir: "auto" }, title), theme),
    about.length ? facts(about) : null);
}
