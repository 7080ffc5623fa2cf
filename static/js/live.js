// Live states: what is unfinished ([data-card][data-status]) is fetched again when the stream speaks of it, when the page comes
// back, and every few seconds while the stream is away. Seconds tick, the tab's title and the frame count, a reader hears what
// ended. What the stream says is told on as "live".

const FINAL = ["done", "failed", "cancelled"];
const POLL = 2500;
const SLOW_POLL = 20000; // beside a working stream, against an event that was lost
const KEPT = 1500; // by then words that came before the stream was open are kept with their row
const MOST_BROUGHT = 40; // cards on the page; of a large set the history has the rest
const started = new WeakMap();
const fetching = new Map();
const cards = () => [...document.querySelectorAll("[data-card][data-status]")];
const unfinished = () => cards().filter((card) => !FINAL.includes(card.dataset.status));
const plainTitle = document.title.replace(/^\(\d+\+?\) /, "");
let stream = null;
let lastPoll = 0;

const underWay = document.getElementById("under-way");
const counts = () => underWay && !underWay.hidden; // something runs, on whatever page

const title = (running) => {
  document.title = running ? `(${running}) ${plainTitle}` : plainTitle;
  if (!underWay) return;
  underWay.hidden = !running || running === "0";
  underWay.querySelector("[data-running]").textContent = running;
};

const speak = (before, card) => {
  const words = { done: "Answered", failed: "Failed", cancelled: "Cancelled" }[card.dataset.status];
  if (!words || before === card.dataset.status) return;
  document.getElementById("said").textContent = `${words}: ${card.querySelector(".question")?.textContent ?? ""}`;
};

const swap = (old, html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  const card = template.content.querySelector("[data-card]");
  if (!card) return;
  const open = new Set([...old.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
  for (const one of card.querySelectorAll("details")) one.open ||= open.has(one.firstElementChild.textContent);
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(card);
  document.dispatchEvent(new CustomEvent("swapped", { detail: { old, card } }));
  if (hadFocus) card.querySelector("a, button")?.focus({ preventScroll: true });
  for (const one of template.content.querySelectorAll("[data-beside]")) {
    const there = document.getElementById(one.id);
    if (there && !there.isEqualNode(one)) there.replaceWith(one);
  }
  speak(old.dataset.status, card);
};

const read = async (address) => {
  const response = await fetch(address, { headers: { "HX-Request": "true" } });
  if (response.headers.has("X-Running")) title(response.headers.get("X-Running"));
  return response.redirected ? { ok: false, status: 0 } : { ok: response.ok, status: response.status, html: await response.text() };
};

// One fetch per card at a time; what is asked for meanwhile is one more, after it.
const refresh = async (card) => {
  const id = card.dataset.id;
  if (fetching.has(id)) { fetching.set(id, true); return; }
  fetching.set(id, false);
  try {
    const { ok, status, html } = await read(card.dataset.card);
    if (ok) swap(card, html);
    else if (status === 404) card.remove();
  } catch { /* offline: the next poll tries again */ } finally {
    const again = fetching.get(id);
    fetching.delete(id);
    const now = document.querySelector(`[data-card][data-id="${id}"]`);
    if (again && now) refresh(now);
  }
};

// An ask that was made in another tab. The tab that made it puts its own card there within a moment.
const bring = async (id) => {
  const list = document.querySelector("[data-cards]");
  await new Promise((done) => setTimeout(done, 1200));
  const known = document.querySelector(`[data-card][data-id="${id}"]`);
  if (known) refresh(known); // it came meanwhile, and may be behind what was heard
  if (!list || known || list.childElementCount >= MOST_BROUGHT) return;
  const { ok, html } = await read(list.dataset.cards.replace("/0/", `/${id}/`));
  if (!ok || document.getElementById(`description-${id}`)) return;
  list.insertAdjacentHTML("afterbegin", html);
  list.closest("section").hidden = false;
};

const heard = (event) => {
  const card = document.querySelector(`[data-card][data-id="${event.id}"]`);
  document.dispatchEvent(new CustomEvent("live", { detail: event }));
  if (card) refresh(card);
  else if (document.querySelector("[data-cards]")) bring(event.id).catch(() => {});
  else if (FINAL.includes(event.status)) read(document.body.dataset.counted.replace("/0/", `/${event.id}/`)).catch(() => {});
};

const listen = () => {
  const wanted = document.visibilityState === "visible" || unfinished().length > 0 || counts();
  if (!wanted) { stream?.close(); stream = null; return; } // a browser has six connections to a site for all its tabs
  if (stream && stream.readyState !== EventSource.CLOSED) return;
  stream = new EventSource(document.body.dataset.live);
  stream.onmessage = (event) => heard(JSON.parse(event.data));
  stream.addEventListener("words", (event) => document.dispatchEvent(new CustomEvent("words", { detail: JSON.parse(event.data) })));
  stream.onopen = () => {
    unfinished().forEach(refresh);
    setTimeout(() => unfinished().filter((card) => card.querySelector("[data-coming]")).forEach(refresh), KEPT);
  };
};

const poll = () => {
  const pause = stream?.readyState === EventSource.OPEN ? SLOW_POLL : POLL;
  if (performance.now() - lastPoll < pause || !unfinished().length) return;
  lastPoll = performance.now();
  unfinished().forEach(refresh);
};

const tick = () => {
  for (const place of document.querySelectorAll("[data-elapsed]")) {
    if (!started.has(place)) started.set(place, performance.now() - place.dataset.elapsed * 1000);
    const seconds = Math.floor((performance.now() - started.get(place)) / 1000);
    place.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
};

if (cards().length || document.querySelector("[data-cards]") || counts()) {
  const back = () => { listen(); unfinished().forEach(refresh); };
  document.addEventListener("visibilitychange", back);
  addEventListener("online", back);
  addEventListener("pageshow", (event) => event.persisted && back());
  addEventListener("pagehide", () => { stream?.close(); stream = null; });
  document.addEventListener("stale", (event) => {
    const card = document.querySelector(`[data-card][data-id="${event.detail}"]`);
    if (card) refresh(card);
  });
  document.addEventListener("cards", () => {
    listen();
    title(unfinished().length);
    setTimeout(() => unfinished().forEach(refresh), 300); // what was heard before the cards were there
  });
  setInterval(tick, 1000);
  setInterval(poll, 500);
  setInterval(listen, 15000);
  listen();
}
