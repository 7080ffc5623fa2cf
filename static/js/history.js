// The history's tiles: chosen one by one, by a range with Shift, all of them; walked through and worked on by keys.

const bulk = document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll('input[name="description"][form="bulk"]')];
const tiles = () => [...document.querySelectorAll("a.tile")];
const boxOf = (tile) => tile?.closest("li")?.querySelector('input[name="description"]');
let last = null;

const tell = () => {
  const count = boxes().filter((box) => box.checked).length;
  const words = bulk.elements.all.checked ? "" : `${count} chosen`;
  if (bulk.elements.all.checked || count) document.getElementById("chosen-count").textContent = words;
};

const choose = (box, checked) => {
  box.checked = checked;
  if (!checked) bulk.elements.all.checked = false;
};

const chooseNone = () => {
  bulk.elements.all.checked = false;
  for (const box of boxes()) box.checked = false;
  tell();
};

document.addEventListener("click", (event) => {
  const box = event.target.closest?.('input[name="description"][form="bulk"]');
  if (!box) return;
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const one of all.slice(from, to + 1)) choose(one, box.checked);
  choose(box, box.checked);
  last = box;
  tell();
});

bulk?.elements.all.addEventListener("change", () => {
  for (const box of boxes()) box.checked = bulk.elements.all.checked;
  tell();
});
document.getElementById("choose-none")?.addEventListener("click", chooseNone);

// A tile that was fetched again stays chosen.
document.addEventListener("swapped", ({ detail: { old, card } }) => {
  const before = old.querySelector('input[name="description"]');
  const now = card.querySelector('input[name="description"]');
  if (!before || !now) return;
  now.checked = before.checked;
  if (last === before) last = now;
});

// A second press while the first is under way does nothing; a file that comes leaves the page as it is.
bulk?.addEventListener("submit", (event) => {
  if (bulk.dataset.sent) { event.preventDefault(); return; }
  bulk.dataset.sent = "1";
  if (!event.submitter?.value.startsWith("export-")) return;
  setTimeout(() => {
    delete bulk.dataset.sent;
    document.getElementById("progress").classList.remove("on");
  }, 1000);
});
addEventListener("pageshow", () => { if (bulk) { delete bulk.dataset.sent; tell(); } });

// How many there are is asked for when the page stands.
const found = document.querySelector("[data-found]");
if (found?.dataset.found) {
  fetch(found.dataset.found).then((reply) => (reply.ok && !reply.redirected ? reply.text() : ""), () => "").then((count) => {
    if (count) found.textContent = `All ${count} found`;
  });
}

// Keys. What is done without anything chosen is done with the tile in focus.
const press = (value) => bulk.requestSubmit(bulk.querySelector(`button[value="${value}"]`));
const walk = (step) => {
  const all = tiles();
  const at = all.indexOf(document.activeElement?.closest("li")?.querySelector("a.tile"));
  all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
};
const withSome = (work) => {
  const box = boxOf(document.activeElement);
  if (!bulk.elements.all.checked && !boxes().some((one) => one.checked) && box) choose(box, true);
  tell();
  if (bulk.elements.all.checked || boxes().some((one) => one.checked)) work();
};
const KEYS = {
  j: () => walk(1),
  k: () => walk(-1),
  o: () => document.activeElement?.closest("a.tile")?.click(),
  x: () => boxOf(document.activeElement)?.click(),
  e: () => withSome(() => {
    document.getElementById("bulk-tags").open = true;
    bulk.elements.tags.focus();
  }),
  "#": () => withSome(() => press("delete")),
};

const typing = (element) => element.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog");
document.addEventListener("keydown", (event) => {
  if (!bulk || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || typing(event.target)) return;
  if (!KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
