"use strict";
// Shows the dashboard the operator's token, puts what is drawn there into its place, and sends the
// forms. What a policy or a flag is and what may be done to it is drawn where it can be tested.
(() => {
  const STALE = 3000, AGAIN = 1000, KEY = "token";
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  const link = at("link"), words = at("link-words");
  const field = at("token"), forget = at("forget"), told = at("access-said");
  const shown = new WeakMap();
  let token = sessionStorage.getItem(KEY), stream = null, last = 0;

  // What says the same as before is left alone: it would be read out again.
  function put(regions) {
    for (const [id, html] of Object.entries(regions)) {
      const region = at(id);
      if (!region || shown.get(region) === html) continue;
      region.innerHTML = html;
      shown.set(region, html);
    }
  }

  // Articles stay as they are, for somebody may be typing in one.
  function arrange({ service, order, articles }) {
    const list = at(`articles-${service}`);
    for (const article of [...list.children]) {
      if (order.includes(article.id)) continue;
      if (article.contains(document.activeElement)) at(`title-${service}`).focus();
      article.remove();
    }
    order.forEach((id, place) => {
      let article = at(id);
      if (!article) {
        const drawn = document.createElement("template");
        drawn.innerHTML = articles[id] || "";
        article = drawn.content.firstElementChild;
      }
      if (article && list.children[place] !== article) {
        list.insertBefore(article, list.children[place] || null);
      }
    });
  }

  function show(line) {
    // Another build draws other regions, for another script.
    if (line.build !== root.dataset.build) return location.reload();
    last = performance.now();
    if (line.order) arrange(line);
    put(line.regions);
    at(`service-${line.service}`).classList.toggle("stale", !line.order);
  }

  function tell() {
    const age = performance.now() - last;
    const state = !token ? "still" : age > STALE ? "stale" : "live";
    const old = `data is ${Math.round(age / 1000)} s old, reconnecting`;
    const text = { still: "no token yet", stale: last ? old : "asking", live: "live" }[state];
    if (words.textContent !== text) words.textContent = text;
    link.dataset.state = state === "stale" && !last ? "still" : state;
    document.body.classList.toggle("stale", link.dataset.state === "stale");
  }

  async function read(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      lines.forEach((line) => show(JSON.parse(line)));
    }
  }

  async function follow(own) {
    while (stream === own) {
      try {
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(root.dataset.live, { headers, signal: own.signal });
        told.innerHTML = answer.ok ? "" : (await answer.json()).said;
        if (answer.ok) await read(answer.body);
      } catch { /* It is tried again, and the age of the data tells. */ }
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }

  function use(given) {
    if (stream) stream.abort();
    token = given;
    stream = null;
    last = 0;
    forget.hidden = !token;
    if (token) {
      sessionStorage.setItem(KEY, token);
      stream = new AbortController();
      follow(stream);
    } else {
      sessionStorage.removeItem(KEY);
      for (const list of document.querySelectorAll(".articles")) list.replaceChildren();
      for (const region of document.querySelectorAll("[data-region]")) put({ [region.id]: "" });
    }
    tell();
  }

  async function give(form, button) {
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    // A form that goes with what its button does has the outcome told elsewhere.
    const result = at(button?.dataset.told) || form.querySelector(".result");
    result.textContent = "…";
    const body = JSON.stringify(Object.fromEntries(new FormData(form, button)));
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-resilience-command": "1",
    };
    try {
      const answer = await fetch(form.dataset.to, { method: "POST", headers, body });
      const { said, regions } = await answer.json();
      result.innerHTML = said;
      put(regions);
    } catch {
      result.textContent = told.dataset.away;
    }
    delete form.dataset.busy;
  }

  addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    if (form.id !== "access") return give(form, event.submitter);
    const given = field.value.trim();
    const fit = /^[\x21-\x7e]+$/.test(given);
    told.textContent = fit ? "" : given ? told.dataset.unfit : told.dataset.none;
    if (!fit) return field.focus();
    field.value = "";
    use(given);
  });
  forget.addEventListener("click", () => {
    use(null);
    field.focus();
  });
  // A page that was laid aside is not told when it comes back, and its time stood still.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  if (token) use(token);
  setInterval(tell, 500);
})();
