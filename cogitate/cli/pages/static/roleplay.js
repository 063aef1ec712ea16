// The page of a role-play: a column for each role, and beside them what is finished.

function roleplayPage(data) {
  const columns = data.roles.length;
  const rows = data.messages.map(messageRow);
  const stage = el("ol", { class: "stage", "--columns": columns, "aria-label": say("roles") }, rows);
  const side = el("div", { class: "progress" });
  let begun = false;
  const time = player({ length: Math.max(1, rows.length), start: Math.max(0, rows.length - 1),
    label: say("turn"), show,
    tell: (at) => say("message_of", rows.length ? at + 1 : 0, rows.length) });

  function messageRow(message, at) {
    const role = data.roles[message.role] ?? { name: "?" };
    const words = message.instruction || message.text;
    return el("li", { class: `message ${message.seat === "user" ? "asks" : "does"}`,
      "--hue": hue(message.role), "--column": message.role + 1, "data-at": at },
    el("div", { class: "messagehead" },
      el("span", { class: "disc small", "--hue": hue(message.role), "aria-hidden": "true" },
        initials(role.name)),
      el("b", { dir: "auto" }, role.name),
      message.status ? el("span", { class: `kind ${message.status}` }, say(`status_${message.status}`)) : null,
      el("button", { type: "button", class: "when", "aria-label": say("goto", say("turn_of", message.turn)),
        onclick: () => time.jump(at) }, say("turn_of", message.turn))),
    el("p", { class: "words", dir: "auto" }, words),
    message.input ? el("div", { class: "given" }, el("span", { class: "kind" }, say("input")),
      el("pre", { tabindex: "0" }, message.input)) : null,
    (message.tools ?? []).map(toolCall));
  }

  function show(at) {
    rows.forEach((row, index) => {
      row.hidden = index > at;
      row.classList.toggle("current", index === at);
    });
    side.replaceChildren(...progress(data, at, at >= rows.length - 1));
    if (begun && rows[at]) bringIntoSight(rows[at]);
    begun = true;
  }
  function bringIntoSight(current) {
    current.scrollIntoView({ block: "nearest", behavior: CALM.matches ? "auto" : "smooth" });
  }
  const node = el("div", { class: "page roleplay" }, pageHead(data.title, data.about),
    el("div", { class: "bar-top" }, time.node),
    el("main", { class: "split" },
      el("section", { class: "talking", tabindex: "0", "aria-label": say("talks") },
        el("div", { class: "roles", "--columns": columns }, data.roles.map(roleHead)), stage),
      el("aside", { class: "side" }, side)));
  return { node, begin: time.begin };
}

function roleHead(role, at) {
  return el("div", { class: "role", "--hue": hue(at) },
    el("span", { class: "disc big", "--hue": hue(at), "aria-hidden": "true" }, initials(role.name)),
    el("div", {}, el("h2", { dir: "auto" }, role.name),
      el("p", { class: "quiet", dir: "auto" },
        [role.seat ? say(`seat_${role.seat}`) : "", role.model, role.about].filter(Boolean).join(" · "))));
}

function toolCall(tool) {
  return el("details", { class: tool.ok ? "tool" : "tool bad", open: true },
    el("summary", {}, say("using", tool.name), tool.ok ? null : el("span", { class: "kind bad" }, say("failed"))),
    tool.code ? el("pre", { class: "code", tabindex: "0", "aria-label": say("code") }, tool.code) : null,
    tool.output ? el("pre", { class: "output", tabindex: "0", "aria-label": say("output") }, tool.output) : null);
}

// Words as paragraphs, and what stands between fences as a program.
function wordsAndPrograms(text) {
  return text.split(/```\w*\n([\s\S]*?)```/).map((part, at) => at % 2
    ? el("pre", { class: "code", tabindex: "0", "aria-label": say("code") }, part.trimEnd())
    : part.trim() ? el("p", { class: "words", dir: "auto" }, part.trim()) : null);
}

function progress(data, at, atEnd) {
  const finished = data.memo.filter((item) => item.after <= at);
  const ending = data.ending;
  return [
    data.memo.length ? el("h2", {}, `${say("done")} (${finished.length})`) : null,
    !data.memo.length ? null : finished.length ? el("ol", { class: "memo" }, finished.map((item) => el("li", { class: item.outcome },
      el("span", { class: `kind ${item.outcome}` }, say(`outcome_${item.outcome}`)),
      el("b", { dir: "auto" }, item.instruction), el("p", { dir: "auto" }, item.text))))
      : el("p", { class: "quiet" }, say("nothing")),
    data.plan.length ? el("h2", {}, say("plan")) : null,
    data.plan.length ? el("ol", { class: "steps" }, data.plan.map((step) => el("li", { dir: "auto" }, step,
      data.open.includes(step) && atEnd ? el("span", { class: "kind cannot" }, say("open")) : null))) : null,
    el("h2", {}, say("ending")),
    ...(atEnd ? [
      el("p", { class: `ending ${ending.solved === false ? "bad" : "good"}` },
        ending.solved === null ? null : el("b", {}, `${say(ending.solved ? "solved" : "unsolved")}: `),
        ending.rule ? say(`rule_${ending.rule}`) : ending.stopped),
      ending.why && ending.rule !== "done" ? el("p", { class: "quiet", dir: "auto" }, say("why", ending.why)) : null,
      data.summary ? [el("h2", {}, say("summary")), ...wordsAndPrograms(data.summary)] : null,
      data.counts.length ? [el("h2", {}, say("counts")), facts(data.counts)] : null,
      data.tables.map(({ title, head, rows }) => table(head, rows, say(title))),
    ].flat() : [el("p", { class: "quiet" }, say("not_ended"))]),
    data.heads.length ? el("details", { class: "heads" }, el("summary", {}, say("first_said")),
      data.heads.map(([name, text]) => [el("h3", { dir: "auto" }, say(name)), el("pre", { tabindex: "0" }, text)])) : null,
  ].filter(Boolean);
}
