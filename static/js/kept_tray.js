// The tray outlives its page: a reload, a crash and a second tab show the same. The browser keeps what was chosen, an entry for each
// tile under a key of its own, so that two tabs overwrite nothing of each other; whether a picture is there still, the site says. What
// was not uploaded when its page went is there by name, to be chosen again.

const LISTENS = 400; // milliseconds in which other tabs say that they are there
const AT_ONCE = 100; // pictures that the site is asked about
const GONE = "What is not asked about is kept for a day, and this picture is gone now. Choose it again.";
const form = document.getElementById("ask");
const list = form.querySelector(".pics");
const PREFIX = `describer.tray.${form.dataset.person}.`;
const page = `${Date.now()}.${Math.random()}`;
const isOwn = !list.children.length; // a form that was filled by the site (an earlier ask, no scripts) is no one's tray
let restoring = false; // what is written already is neither written nor forgotten again

// An accident of storage (switched off, full) must never stand in the way of asking.
const quietly = (act, otherwise) => { try { return act(); } catch { return otherwise; } };
const keys = () => quietly(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)), []);
const parse = (text) => quietly(() => JSON.parse(text), null);
const entries = () => keys().map((key) => ({ ...parse(localStorage.getItem(key)), key })).filter((one) => one.name).sort((a, b) => a.order - b.order);
const tileOf = (key) => list.querySelector(`[data-key="${CSS.escape(key)}"]`);
const become = (picture, detail) => picture.dispatchEvent(new CustomEvent("become", { bubbles: true, detail }));

// Between its neighbours: of a tile that was moved only its own entry is written.
const orderOf = (picture) => {
  const before = Number(picture.previousElementSibling?.dataset.order || 0);
  const behind = Number(picture.nextElementSibling?.dataset.order || before + 2);
  return (before + behind) / 2;
};

const keep = (picture) => {
  if (restoring || !isOwn) return;
  picture.dataset.key ||= `${PREFIX}${page}.${Math.random()}`;
  picture.dataset.order ||= orderOf(picture);
  const { state } = picture.dataset;
  const link = picture.classList.contains("linked") && picture.querySelector("[name=picture]").value;
  const entry = {
    name: picture.querySelector(".name bdi").textContent,
    mark: picture.mark,
    order: Number(picture.dataset.order),
    state: /ready|failed|lost/.test(state) ? state : "on its way",
    words: picture.querySelector(".wrong").textContent,
    facts: state === "ready" && !link ? { ...picture.facts, asked: undefined } : undefined, // what was asked, the site says
    link: link || undefined,
    page,
  };
  quietly(() => localStorage.setItem(picture.dataset.key, JSON.stringify(entry)));
};
const forget = (key) => quietly(() => localStorage.removeItem(key));

const lost = (entry) => ({ ...entry, state: "lost", words: "Not uploaded when the page went." });
const silently = (name, detail) => {
  restoring = true;
  form.dispatchEvent(new CustomEvent(name, { detail }));
  restoring = false;
};
const again = (entry) => (entry.state === "lost" ? { ...entry, again: "Choose again" } : entry);
const restore = (found) => found.forEach((entry) => silently("restore", [again(entry)]));

const check = async (found) => {
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const part = found.slice(at, at + AT_ONCE);
    const query = part.map((entry) => `id=${entry.facts.id}`).join("&");
    const response = await fetch(`${form.dataset.images}?${query}`);
    if (!response.ok || response.redirected) return;
    const there = new Map((await response.json()).items.map((facts) => [facts.id, facts]));
    for (const { key, name, facts } of part) {
      const picture = tileOf(key);
      if (picture?.dataset.state !== "ready") continue;
      if (there.has(facts.id)) become(picture, { state: "ready", facts: { ...there.get(facts.id), name } });
      else become(picture, { state: "lost", words: GONE, again: "Choose again" });
    }
  }
};

// Pages that are there still upload what they said they would; what other pages left is to be chosen again.
const channel = quietly(() => new BroadcastChannel("describer.tray"), null);
const alive = new Set([page]);
channel?.addEventListener("message", ({ data }) => {
  if (data.here) alive.add(data.here);
  else channel.postMessage({ here: page });
});
const left = async () => {
  channel?.postMessage({});
  await new Promise((done) => setTimeout(done, LISTENS));
  const found = entries().filter((entry) => entry.state === "on its way" && !alive.has(entry.page) && !tileOf(entry.key));
  restore(found.map(lost));
  for (const { key } of found) if (tileOf(key)) keep(tileOf(key));
};

const catchUp = () => {
  const there = entries();
  const known = new Set(there.map((entry) => entry.key));
  for (const picture of list.querySelectorAll("[data-key]")) {
    if (!known.has(picture.dataset.key)) silently("drop-tile", picture);
  }
  const found = there.filter((entry) => entry.state !== "on its way" && !tileOf(entry.key));
  restore(found);
  check(found.filter((entry) => entry.facts)).catch(() => {});
};

if (isOwn) {
  form.addEventListener("tile", (event) => keep(event.target));
  form.addEventListener("untile", (event) => !restoring && event.detail.dataset.key && forget(event.detail.dataset.key));
  addEventListener("storage", ({ key, newValue }) => {
    if (!key?.startsWith(PREFIX)) return;
    const picture = tileOf(key);
    const entry = parse(newValue);
    if (picture && (!entry || entry.order !== Number(picture.dataset.order))) silently("drop-tile", picture);
    if (entry && entry.state !== "on its way" && !tileOf(key)) restore([{ ...entry, key }]);
  });
  addEventListener("pageshow", (event) => event.persisted && catchUp());
  catchUp();
  left();
}
