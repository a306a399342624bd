"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { nodes, lines } = data;
  const at = (id) => document.getElementById(id);
  const stage = at("stage"), graph = at("graph"), panel = at("panel"), search = at("search");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const SVG = "http://www.w3.org/2000/svg";

  // Text from packages gets into the page as text only, never as markup.
  const el = (name, options = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(options)) {
      if (key === "class") made.className = value;
      else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };
  const shape = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const amount = (count, one, many) => `${count} ${count === 1 ? one : many}`;
  const size = (bytes) => {
    const units = ["B", "KB", "MB", "GB", "TB"];
    let unit = 0;
    while (bytes >= 1000 && unit < 4) { bytes /= 1000; unit += 1; }
    return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
  };

  const into = nodes.map(() => []), out = nodes.map(() => []);
  lines.forEach((line, number) => { into[line.to].push(number); out[line.from].push(number); });
  const largest = Math.max(1, ...nodes.map((node) => node.bytes));
  const total = nodes.reduce((sum, node) => sum + node.bytes, 0);
  const versionOf = (node) => node.version || "not installed";

  // The picture.
  const paths = lines.map((line) => {
    const kind = (line.met ? "edge" : "edge bad") + (line.extra ? " extra" : "");
    const path = shape("path", { class: kind, d: line.d, "marker-end": `url(#${line.met ? "tip" : "tip-bad"})` });
    const words = `${nodes[line.from].name} requires ${nodes[line.to].name} ${line.wanted || "in any version"}`
      + (line.extra ? `, for its extra ${line.extra}` : "") + (line.marker ? `, where ${line.marker}` : "");
    path.append(shape("title", {}, words));
    at("lines").append(path);
    return path;
  });
  const boxes = nodes.map((node, id) => {
    const kind = "node" + (node.requested ? " asked" : "") + (node.troubled ? " bad" : "") + (node.version ? "" : " missing");
    const box = shape("g", { class: kind });
    box.style.transform = `translate(${node.x}px, ${node.y}px)`;
    box.append(shape("title", {}, `${node.label} ${versionOf(node)}${node.summary ? "\n" + node.summary : ""}`));
    box.append(shape("rect", { class: "box", width: node.w, height: data.row, rx: 8 }));
    if (node.bytes) {
      const share = Math.max(3, (node.w - 16) * Math.sqrt(node.bytes / largest));
      box.append(shape("rect", { class: "bar", x: 8, y: data.row - 5, width: share, height: 2.5, rx: 1 }));
    }
    const line = shape("text", { x: 11, y: 18 });
    line.append(shape("tspan", { class: "name" }, node.label), shape("tspan", { class: "version", dx: 7 }, versionOf(node)));
    if (node.latest) line.append(shape("tspan", { class: "new", dx: 7 }, `→ ${node.latest}`));
    box.append(line, shape("text", { class: "small", x: 11, y: 33 }, node.small));
    box.addEventListener("click", () => { if (!moved) select(id); });
    at("boxes").append(box);
    return box;
  });

  // Looking around: the part of the plane that is seen.
  let view = { x: 0, y: 0, w: data.width, h: data.height };
  let moved = false, frame = 0;
  const show = () => graph.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const fitted = (box, closest, farthest) => {
    const { width, height } = stage.getBoundingClientRect();
    const scale = Math.min(closest, Math.max(farthest, Math.min(width / box.w, height / box.h)));
    const w = width / scale, h = height / scale;
    return { x: box.x + box.w / 2 - w / 2, y: box.y + box.h / 2 - h / 2, w, h };
  };
  const go = (to) => {
    cancelAnimationFrame(frame);
    const from = view, start = performance.now();
    if (calm) { view = to; show(); return; }
    const step = (now) => {
      const part = Math.min(1, (now - start) / 260), ease = 1 - (1 - part) ** 3;
      view = Object.fromEntries(Object.keys(to).map((key) => [key, from[key] + (to[key] - from[key]) * ease]));
      show();
      if (part < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  };
  const everything = () => fitted({ x: 0, y: 0, w: data.width, h: data.height }, 1.25, 0.05);
  const beginning = () => {
    const whole = everything(), { width, height } = stage.getBoundingClientRect();
    if (width / whole.w >= 0.42) return whole;
    const w = width / 0.62, h = height / 0.62;
    return { x: 0, y: Math.max(0, data.height / 2 - h / 2), w, h };
  };
  const zoom = (factor, x = view.x + view.w / 2, y = view.y + view.h / 2) => {
    const w = Math.min(Math.max(view.w * factor, 160), data.width * 4 + 2000), real = w / view.w;
    view = { x: x - (x - view.x) * real, y: y - (y - view.y) * real, w, h: view.h * real };
    show();
  };
  const place = (event) => {
    const box = graph.getBoundingClientRect();
    return [view.x + (event.clientX - box.left) / box.width * view.w, view.y + (event.clientY - box.top) / box.height * view.h];
  };
  graph.addEventListener("wheel", (event) => {
    event.preventDefault();
    cancelAnimationFrame(frame);
    zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), ...place(event));
  }, { passive: false });
  let grip = null;
  graph.addEventListener("pointerdown", (event) => {
    cancelAnimationFrame(frame);
    grip = { x: event.clientX, y: event.clientY, view };
    moved = false;
  });
  addEventListener("pointermove", (event) => {
    if (!grip) return;
    const scale = grip.view.w / graph.getBoundingClientRect().width;
    const dx = event.clientX - grip.x, dy = event.clientY - grip.y;
    if (Math.abs(dx) + Math.abs(dy) > 4) { moved = true; graph.classList.add("drag"); }
    if (moved) { view = { ...grip.view, x: grip.view.x - dx * scale, y: grip.view.y - dy * scale }; show(); }
  });
  addEventListener("pointerup", () => { grip = null; graph.classList.remove("drag"); });
  graph.addEventListener("click", (event) => { if (event.target === graph && !moved) select(null); });
  at("closer").addEventListener("click", () => zoom(0.75));
  at("farther").addEventListener("click", () => zoom(1.33));
  at("whole").addEventListener("click", () => go(everything()));
  addEventListener("resize", () => { view = selected === null ? beginning() : around(selected); show(); });

  // What is looked at.
  let selected = null, matches = null, cursor = 0;
  const reach = (start, edges, end) => {
    const seen = new Set([start]), open = [start];
    while (open.length) for (const number of edges[open.pop()]) {
      const next = lines[number][end];
      if (!seen.has(next)) { seen.add(next); open.push(next); }
    }
    return seen;
  };
  // Around one package: what leads to it and what it needs, moved together. The columns stay in their
  // order, so that requirements still go from left to right.
  const home = nodes.map((node) => ({ x: node.x, y: node.y }));
  let here = home;
  const together = (ids) => {
    const columns = [...new Set(ids.map((id) => nodes[id].x))].sort((a, b) => a - b).map((x) => ids.filter((id) => nodes[id].x === x).sort((a, b) => nodes[a].y - nodes[b].y));
    const spot = new Map(), gap = data.row + 16;
    let x = 0;
    for (const column of columns) {
      column.forEach((id, at) => spot.set(id, { x, y: (at - (column.length - 1) / 2) * gap }));
      x += Math.max(...column.map((id) => nodes[id].w)) + 90;
    }
    const near = new Map(ids.map((id) => [id, [...into[id].map((n) => lines[n].from), ...out[id].map((n) => lines[n].to)].filter((other) => spot.has(other))]));
    for (let round = 0; round < 12; round += 1) for (const column of round % 2 ? [...columns].reverse() : columns) {
      const wish = column.map((id) => near.get(id).length ? near.get(id).reduce((sum, other) => sum + spot.get(other).y, 0) / near.get(id).length : spot.get(id).y);
      const order = column.map((id, at) => [wish[at], id]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      let last = -Infinity;
      const ys = order.map(([y]) => (last = Math.max(y, last + gap)));
      const drift = order.reduce((sum, [y], at) => sum + ys[at] - y, 0) / order.length;
      order.forEach(([, id], at) => { spot.get(id).y = ys[at] - drift; });
      column.splice(0, column.length, ...order.map(([, id]) => id));
    }
    return spot;
  };
  // A line that passes columns goes through the gap between their boxes that is nearest.
  const lane = (line, shown, used) => {
    const from = here[line.from], to = here[line.to], middle = (from.y + to.y + data.row) / 2;
    const left = from.x + nodes[line.from].w, between = [...shown].filter((id) => here[id].x > left && here[id].x < to.x);
    if (!between.length) return null;
    const blocked = between.map((id) => [here[id].y - 8, here[id].y + data.row + 8]).sort((a, b) => a[0] - b[0]);
    const merged = [];
    for (const [top, bottom] of blocked) {
      const last = merged[merged.length - 1];
      if (last && top <= last[1]) last[1] = Math.max(last[1], bottom); else merged.push([top, bottom]);
    }
    const inside = merged.find(([top, bottom]) => middle > top && middle < bottom);
    if (!inside) return middle;
    const above = middle - inside[0] < inside[1] - middle, y = above ? inside[0] : inside[1];
    const count = used.get(y) || 0;
    used.set(y, count + 1);
    return y + (above ? -5 : 5) * count;
  };
  const drawn = (line, shown, used) => {
    const from = here[line.from], to = here[line.to], row = data.row / 2;
    const x = from.x + nodes[line.from].w, y = from.y + row, half = Math.max(40, (to.x - x) / 2), end = to.y + row;
    const through = to.x > x ? lane(line, shown, used) : null;
    if (through === null) return `M${x} ${y}C${x + half} ${y} ${to.x - half} ${end} ${to.x} ${end}`;
    return `M${x} ${y}C${x + 40} ${y} ${x + 35} ${through} ${x + 75} ${through}H${to.x - 75}C${to.x - 35} ${through} ${to.x - 40} ${end} ${to.x} ${end}`;
  };
  const extent = (ids) => {
    const x = Math.min(...ids.map((id) => here[id].x)) - 40, y = Math.min(...ids.map((id) => here[id].y)) - 50;
    return { x, y, w: Math.max(...ids.map((id) => here[id].x + nodes[id].w)) + 40 - x, h: Math.max(...ids.map((id) => here[id].y + data.row)) + 70 - y };
  };
  const settle = (shown) => {
    const spot = shown && together([...shown]);
    here = home.map((place, id) => spot?.get(id) || place);
    boxes.forEach((box, id) => { box.style.transform = `translate(${here[id].x}px, ${here[id].y}px)`; });
    const used = new Map();
    paths.forEach((path, number) => {
      const line = lines[number], inside = !shown || (shown.has(line.from) && shown.has(line.to));
      path.setAttribute("d", shown && inside ? drawn(line, shown, used) : line.d);
    });
  };
  const around = (id) => {
    const all = [...new Set([...reach(id, into, "from"), ...reach(id, out, "to")])], whole = extent(all);
    const seen = fitted(whole, 1.2, 0.5), spot = here[id], w = nodes[id].w;
    // Where not everything fits, the package itself is in the middle.
    if (whole.w > seen.w + 1) seen.x = Math.max(whole.x, Math.min(spot.x + w / 2 - seen.w / 2, whole.x + whole.w - seen.w));
    if (whole.h > seen.h + 1) seen.y = Math.max(whole.y, Math.min(spot.y - seen.h / 2, whole.y + whole.h - seen.h));
    return seen;
  };
  const paint = () => {
    const up = selected === null ? null : reach(selected, into, "from");
    const down = selected === null ? null : reach(selected, out, "to");
    const shown = up && new Set([...up, ...down]), wanted = matches && new Set(matches);
    settle(shown);
    boxes.forEach((box, id) => {
      const chosen = id === selected;
      box.classList.toggle("here", chosen);
      box.classList.toggle("up", !!up && !chosen && up.has(id));
      box.classList.toggle("down", !!down && !chosen && !up.has(id) && down.has(id));
      box.classList.toggle("gone", !!shown && !shown.has(id));
      box.classList.toggle("pale", !shown && !!wanted && !wanted.has(id));
    });
    paths.forEach((path, number) => {
      const line = lines[number];
      const isUp = !!up && up.has(line.from) && up.has(line.to), isDown = !!down && down.has(line.from) && down.has(line.to);
      path.classList.toggle("up", isUp);
      path.classList.toggle("down", isDown && !isUp);
      path.classList.toggle("gone", !!shown && !isUp && !isDown);
      path.classList.toggle("pale", !shown && !!wanted);
    });
  };
  const select = (id, quiet) => {
    selected = id;
    matches = null;
    search.value = "";
    paint();
    if (id === null) overview(); else { details(id); go(around(id)); }
    if (!quiet) {
      // A page that was opened as a file has no history to write to in every browser.
      try { history.replaceState(null, "", id === null ? "#" : `#${nodes[id].name}`); } catch { /* stays */ }
    }
    panel.scrollTop = 0;
  };

  // The panel.
  const heading = (text) => el("h3", {}, text);
  const row = (id, what, side, share) => el("li", {}, el("button", { class: "row", type: "button", onclick: () => select(id) },
    el("span", { class: "what" }, ...what), el("span", { class: "side" }, side), share ? bar(share) : null));
  const bar = (share) => { const made = el("i"); made.style.width = `calc(${(share * 100).toFixed(1)}% - 16px)`; return made; };
  const bold = (text) => el("b", {}, text);
  const want = (line) => el("span", { class: line.met ? "want" : "want bad" }, line.wanted || "any");
  const listed = (rows, most, more) => {
    const list = el("ul", { class: "list" }, ...rows.slice(0, most));
    if (rows.length <= most) return [list];
    const button = el("button", { class: "back", type: "button", onclick: () => { list.append(...rows.slice(most)); button.remove(); } }, `${more} ${rows.length - most} more`);
    return [list, button];
  };
  const unmet = () => lines.filter((line) => !line.met);
  const problem = (line) => row(line.from, [bold(nodes[line.from].name), " wants ", nodes[line.to].name, " ", want(line)], versionOf(nodes[line.to]));
  const overview = () => {
    const installed = nodes.filter((node) => node.version), bad = unmet(), changes = nodes.filter((node) => node.latest);
    const card = (value, text, kind = "") => el("div", { class: `card ${kind}` }, bold(value), el("span", {}, text));
    const bySize = [...nodes.keys()].filter((id) => nodes[id].bytes).sort((a, b) => nodes[b].bytes - nodes[a].bytes);
    const asked = nodes.filter((node) => node.requested).length;
    panel.replaceChildren(
      el("h2", {}, data.name),
      el("div", { class: "cards" }, card(installed.length, "packages"), card(asked, "asked for by name"), card(size(total), "of files"),
        bad.length ? card(bad.length, "not met", "bad") : card("0", "conflicts"),
        data.compared ? card(changes.length, "outdated", changes.length ? "new" : "") : null),
      ...(bad.length ? [heading("Not met"), ...listed(bad.map(problem), 12, "Show")] : []),
      ...(changes.length ? [heading("An upgrade would change"), ...listed(changes.map(upgrade), 12, "Show")] : []),
      heading("Largest"),
      ...listed(bySize.map((id) => row(id, [bold(nodes[id].name)], size(nodes[id].bytes), nodes[id].bytes / largest)), 10, "Show"),
      heading("Licences"), ...licences(),
      el("p", { class: "keys" }, el("kbd", {}, "/"), " search  ", el("kbd", {}, "←"), " ", el("kbd", {}, "→"), " along requirements  ", el("kbd", {}, "↑"), " ", el("kbd", {}, "↓"), " its siblings  ", el("kbd", {}, "+"), " ", el("kbd", {}, "-"), " ", el("kbd", {}, "0"), " zoom  ", el("kbd", {}, "Esc"), " back"));
  };
  const upgrade = (node) => {
    const id = nodes.indexOf(node);
    const held = node.allowed !== node.latest;
    return row(id, [bold(node.name), ` ${node.version} → ${held ? node.allowed : node.latest}`], held ? `(there is ${node.latest})` : "");
  };
  const licences = () => {
    const kinds = new Map();
    nodes.forEach((node, id) => { if (node.version) kinds.set(node.license, [...(kinds.get(node.license) || []), id]); });
    const sorted = [...kinds].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
    return listed(sorted.map(([name, ids]) => el("li", {}, el("button", { class: "row", type: "button", onclick: () => { matches = ids; paint(); } },
      el("span", { class: "what" }, name || "not stated"), el("span", { class: "side" }, amount(ids.length, "package", "packages"))))), 8, "Show");
  };
  const ways = (id) => {
    const found = [], open = [[id, []]];
    const tops = new Set([...nodes.keys()].filter((n) => !into[n].length));
    for (let steps = 0; open.length && steps < 4000 && found.length < 200; steps += 1) {
      const [here, way] = open.shift();
      if (tops.has(here)) { if (way.length) found.push([here, way]); continue; }
      for (const number of into[here]) {
        const from = lines[number].from;
        if (from !== id && !way.some((other) => lines[other].from === from)) open.push([from, [number, ...way]]);
      }
    }
    return found;
  };
  const step = (id) => el("button", { type: "button", onclick: () => select(id) }, nodes[id].name);
  const way = ([top, numbers]) => el("p", { class: "way" }, step(top), ...numbers.flatMap((number) => {
    const line = lines[number];
    return [el("span", { class: "sep" }, line.extra ? `[${line.extra}] → ` : "→ "), step(line.to), " ", want(line)];
  }));
  const details = (id) => {
    const node = nodes[id];
    const tag = (text, kind = "") => el("span", { class: `tag ${kind}` }, text);
    const fact = (name, value) => value ? [el("dt", {}, name), el("dd", {}, value)] : [];
    const found = ways(id);
    const others = (numbers, end) => numbers.map((number) => {
      const line = lines[number], other = nodes[line[end]];
      return row(line[end], [bold(other.name), " ", want(line), ...(line.extra ? [el("span", { class: "quiet" }, `  for [${line.extra}]`)] : [])], versionOf(other));
    });
    panel.replaceChildren(
      el("button", { class: "back", type: "button", onclick: () => { select(null); go(beginning()); } }, "← Everything"),
      el("h2", {}, node.label), el("p", { class: "quiet" }, node.summary || ""),
      el("p", {}, node.requested ? tag("asked for by name", "asked") : null, node.version ? null : tag("not installed", "bad"),
        node.troubled && node.version ? tag("not what is required", "bad") : null,
        node.editable ? tag("editable") : null, node.latest ? tag(`newer: ${node.latest}`, "new") : null,
        node.unreadable ? tag("metadata cannot be read", "bad") : null),
      el("dl", {}, ...fact("Version", node.version), ...fact("Licence", node.license), ...fact("Files", node.version ? size(node.bytes) : ""),
        ...fact("If it went", node.version ? size(node.exclusive) + (node.along.length ? `, with ${node.along.map((other) => nodes[other].name).join(", ")}` : "") : ""),
        ...fact("Upgrade", node.latest ? (node.allowed === node.latest ? `${node.version} → ${node.latest}` : `${node.version} → ${node.allowed}; others keep it from ${node.latest}`) : "")),
      ...(found.length ? [heading("Why it is here"), ...found.slice(0, 6).map(way), ...(found.length > 6 ? [el("p", { class: "quiet" }, `and ${found.length - 6}${found.length >= 200 ? " or more" : ""} other ways`)] : [])] : []),
      heading(`Needed by ${into[id].length}`), ...listed(others(into[id], "from"), 12, "Show"),
      heading(`Needs ${out[id].length}`), ...listed(others(out[id], "to"), 20, "Show"));
  };

  // Searching.
  const results = () => {
    const text = search.value.trim().toLowerCase();
    if (!text) { matches = null; selected = null; paint(); overview(); return; }
    const rank = (node) => node.name === text ? 0 : node.name.startsWith(text) ? 1 : node.name.includes(text) ? 2
      : `${node.license} ${node.summary}`.toLowerCase().includes(text) ? 3 : 9;
    matches = [...nodes.keys()].filter((id) => rank(nodes[id]) < 9).sort((a, b) => rank(nodes[a]) - rank(nodes[b]));
    selected = null;
    cursor = Math.min(cursor, Math.max(0, matches.length - 1));
    paint();
    const rows = matches.map((id) => row(id, [bold(nodes[id].name), " ", el("span", { class: "quiet" }, nodes[id].summary.slice(0, 60))], versionOf(nodes[id])));
    rows[cursor]?.firstChild.classList.add("at");
    panel.replaceChildren(el("h2", {}, amount(matches.length, "match", "matches")), el("p", { class: "quiet" }, matches.length ? "Enter shows the marked one" : "No package, licence or summary has these letters"), el("ul", { class: "list" }, ...rows));
  };
  search.addEventListener("input", () => { cursor = 0; results(); });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { cursor = Math.max(0, cursor + (event.key === "ArrowDown" ? 1 : -1)); results(); event.preventDefault(); }
    if (event.key === "Enter" && matches?.length) { select(matches[cursor]); graph.focus(); }
  });

  // Keys.
  const neighbour = (key) => {
    if (selected === null) return nodes.findIndex((node) => node.requested) >= 0 ? nodes.findIndex((node) => node.requested) : 0;
    const spot = here[selected];
    const nearest = (ids) => ids.sort((a, b) => Math.abs(here[a].y - spot.y) - Math.abs(here[b].y - spot.y))[0];
    if (key === "ArrowLeft") return nearest(into[selected].map((n) => lines[n].from));
    if (key === "ArrowRight") return nearest(out[selected].map((n) => lines[n].to));
    // Up and down among those that the same packages need.
    const siblings = new Set(into[selected].flatMap((n) => out[lines[n].from].map((m) => lines[m].to)));
    const order = [...(siblings.size > 1 ? siblings : nodes.keys())].sort((a, b) => nodes[a].name < nodes[b].name ? -1 : 1);
    return order[(order.indexOf(selected) + (key === "ArrowDown" ? 1 : order.length - 1)) % order.length];
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { select(null); go(beginning()); search.blur(); return; }
    if (event.target === search) return;
    if (event.key === "/") { search.focus(); event.preventDefault(); }
    if (event.key === "+" || event.key === "=") zoom(0.75);
    if (event.key === "-") zoom(1.33);
    if (event.key === "0") go(everything());
    if (event.key.startsWith("Arrow") && (event.target === graph || event.target === document.body)) {
      event.preventDefault();
      const next = neighbour(event.key);
      if (next !== undefined && nodes[next]) select(next);
    }
  });

  at("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  view = beginning();
  show();
  const named = nodes.findIndex((node) => node.name === location.hash.slice(1));
  if (named >= 0) select(named, true); else overview();
})();
