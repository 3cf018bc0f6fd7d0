"use strict";
// Puts what the dashboard draws into its place, and says how old it is. It knows nothing of
// services and breakers: that is drawn where it can be tested.
(() => {
  const STALE = 3000, LOST = 6000;
  const root = document.documentElement;
  const link = document.getElementById("link");
  const words = document.getElementById("link-words");
  const announcement = document.getElementById("announcement");
  const button = document.getElementById("pause");
  let source, began = Infinity, last = performance.now(), spoken = null, paused = false, waiting = null;

  function say(text) {
    if (announcement.textContent !== text) announcement.textContent = text;
  }

  // What is not shown while the page is paused is kept, the newest of each region.
  function show(message) {
    if (paused) {
      const regions = { ...(waiting ? waiting.regions : {}), ...message.regions };
      waiting = { ...message, regions };
      return;
    }
    for (const [id, html] of Object.entries(message.regions)) {
      const region = document.getElementById(id);
      if (region) region.innerHTML = html;
    }
    // Not every browser lets the keyboard into what scrolls.
    for (const list of document.querySelectorAll(".scroll")) {
      list.tabIndex = list.scrollHeight > list.clientHeight ? 0 : -1;
    }
    document.title = message.title;
    if (spoken !== message.announcement) {
      // The first one describes what the page says anyway.
      if (spoken !== null) say(message.announcement);
      spoken = message.announcement;
    }
  }

  function tell() {
    const age = performance.now() - last;
    const stale = age > STALE;
    const state = stale ? "stale" : paused ? "paused" : "live";
    const text = stale ? `data is ${Math.round(age / 1000)} s old, reconnecting` : state;
    if (words.textContent !== text) words.textContent = text;
    // Nobody tells of a connection that dies in silence.
    if (performance.now() - Math.max(last, began) > LOST) connect();
    if (link.dataset.state === state) return;
    const before = link.dataset.state;
    link.dataset.state = state;
    document.body.classList.toggle("stale", stale);
    if (stale) say("The dashboard does not answer. The figures are old.");
    else if (before === "stale") say("The figures are live again.");
  }

  function connect() {
    if (source) source.close();
    began = performance.now();
    const own = source = new EventSource("/events");
    source.onmessage = (event) => {
      const message = JSON.parse(event.data);
      // Another build draws other regions, for another script.
      if (message.build !== root.dataset.build) return location.reload();
      last = performance.now();
      show(message);
      tell();
    };
    // The browser connects anew by itself, unless it takes the answer for a refusal.
    source.onerror = () => {
      if (own.readyState === EventSource.CLOSED && own === source) setTimeout(connect, 1000);
    };
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    if (!paused && waiting) {
      show(waiting);
      waiting = null;
    }
    tell();
  });
  // A page that was laid aside is not told when it comes back, and its time stood still.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  // What is there is painted before anything newer is asked for.
  requestAnimationFrame(() => setTimeout(connect));
  setInterval(tell, 500);
})();
