// Words of an answer as they come, added in place as plain text ([data-coming]); live.js hears them, and swaps in the whole answer.
// Each piece says where it belongs. What comes before there is a place for it waits; where a piece is missing the card is
// fetched again after a moment: it has what came until a second ago, and what was heard meanwhile follows on.

const KEPT_AFTER = 1500;
const MOST = 500; // pieces that wait
const waiting = new Map(); // pieces by id
const late = new Set();

const again = (id) => {
  if (late.has(id)) return;
  late.add(id);
  setTimeout(() => {
    late.delete(id);
    if (waiting.get(id)?.length) document.dispatchEvent(new CustomEvent("stale", { detail: id }));
  }, KEPT_AFTER);
};

// True once the piece is shown, or is of a call that is over.
const put = (place, { call, at, words, thinks }) => {
  const shown = place.querySelector("[data-words]");
  const text = shown.firstChild ?? shown.appendChild(document.createTextNode(""));
  const there = Number(place.dataset.call);
  if (call < there) return true;
  if (call > there && at > 0) return false;
  if (call === there && at > text.length) return false;
  text.replaceData(at, text.length - at, words);
  place.dataset.call = call;
  place.querySelector("[data-before]").hidden = true;
  const thinking = place.querySelector("[data-thinking]"); // its line stays, for "What it thought"
  if (thinks) thinking.hidden = false;
  thinking.classList.toggle("over", !thinks);
  shown.ariaBusy = "true";
  return true;
};

const show = (id) => {
  const pieces = waiting.get(id);
  const card = document.querySelector(`[data-card][data-id="${id}"]`);
  if (!pieces || !card) { waiting.delete(id); return; }
  const place = card.querySelector("[data-coming]");
  while (place && pieces.length && put(place, pieces[0])) pieces.shift();
  if (!pieces.length) waiting.delete(id);
  else again(id);
};

document.addEventListener("words", ({ detail }) => {
  const pieces = waiting.get(detail.id) ?? [];
  pieces.push(detail);
  if (pieces.length > MOST) pieces.shift();
  waiting.set(detail.id, pieces);
  show(detail.id);
});

// A card that was fetched anew may be a second behind the one in its place.
document.addEventListener("swapped", ({ detail: { old, card } }) => {
  const id = Number(card.dataset.id);
  const [before, place] = [old, card].map((one) => one.querySelector("[data-coming]"));
  if (["done", "failed", "cancelled"].includes(card.dataset.status)) waiting.delete(id);
  if (!before || !place || before.dataset.call !== place.dataset.call) { show(id); return; }
  if (before.textContent.length > place.textContent.length && before.querySelector("[data-before]").hidden) place.replaceWith(before);
  show(id);
});
