"use strict";
// Shows the dashboard the operator's token, puts what is drawn there into its place, and sends the
// forms. What a policy or a flag is and what may be done to it is drawn where it can be tested.
(() => {
  const STALE = 3000, LOST = 6000, AGAIN = 1000, COMMAND = 8000, KEY = "token";
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  const link = at("link"), words = at("link-words");
  const field = at("token"), forget = at("forget"), told = at("access-said");
  const shown = new WeakMap();
  let token = sessionStorage.getItem(KEY);
  // The token's turn and its request for the stream; when it was asked, and heard from, last; whether
  // it was refused instead.
  let turn = 0, line = null, asked = 0, heard = 0, since = null, seen = false, refused = false;

  // Of the stream alone: commands that are answered say nothing of what is shown.
  function hear() {
    heard = performance.now();
    since = new Date();
  }

  // What says the same as before is left alone: it would be read out again.
  function put(regions) {
    for (const [id, html] of Object.entries(regions)) {
      const region = at(id);
      if (!region || shown.get(region) === html) continue;
      const held = region.contains(document.activeElement);
      region.innerHTML = html;
      shown.set(region, html);
      // Where the focus was there is something else.
      if (held) region.focus();
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

  function show(told) {
    // Another build draws other regions, for another script.
    if (told.build !== root.dataset.build) return location.reload();
    seen = true;
    if (told.order) arrange(told);
    put(told.regions);
    at(`service-${told.service}`).classList.toggle("stale", !told.order);
    tell();
  }

  function tell() {
    const now = performance.now(), old = token && (refused ? seen : now - heard > STALE);
    const state = old ? "stale" : token && seen ? "live" : "still";
    // A time and no age: what changes twice a second would be read out twice a second.
    const away = `no answer since ${since?.toLocaleTimeString("en-GB")}, reconnecting`;
    const stale = refused ? "refused, asking again" : away;
    const still = refused ? stale : token ? "asking" : "no token yet";
    const said = { still, stale }[state] || state;
    if (words.textContent !== said) words.textContent = said;
    link.dataset.state = state;
    document.body.classList.toggle("stale", state === "stale");
    // Nobody tells of a connection that dies in silence. A service is told of each second.
    if (line && now - Math.max(heard, asked) > LOST) line.abort();
  }

  async function read(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      hear();
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      lines.forEach((line) => show(JSON.parse(line)));
    }
  }

  async function follow(mine) {
    while (turn === mine) {
      const own = line = new AbortController();
      asked = performance.now();
      try {
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(root.dataset.live, { headers, signal: own.signal });
        refused = !answer.ok;
        if (refused) {
          told.textContent = told.dataset.strange;
          told.innerHTML = (await answer.json()).said;
        } else {
          told.textContent = "";
          hear();
          await read(answer.body);
        }
      } catch { /* It is tried again, and the time of the last answer tells. */ }
      // A stream that could not be read to its end would keep its place.
      own.abort();
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }

  function use(given) {
    turn += 1;
    if (line) line.abort();
    token = given;
    line = null;
    seen = refused = false;
    hear();
    forget.hidden = !token;
    if (token) {
      sessionStorage.setItem(KEY, token);
      follow(turn);
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
      const signal = AbortSignal.timeout(COMMAND);
      const answer = await fetch(form.dataset.to, { method: "POST", headers, body, signal });
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
