// The order of the tray, which is the order in which the model sees its pictures: by dragging, by Alt and the arrow keys on a
// tile, and by its two buttons. What was moved is told by "tile" on it.

const form = document.getElementById("ask");
const list = form.querySelector(".pics");
const OURS = "application/x-describer-tile"; // drop.js leaves it alone
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity };
let dragged = null;

const tell = (picture) => {
  picture.dataset.order = "";
  picture.dispatchEvent(new Event("tile", { bubbles: true }));
  const place = [...list.children].indexOf(picture) + 1;
  document.getElementById("said").textContent = `${picture.querySelector(".name bdi").textContent}: ${place} of ${list.childElementCount}`;
};

const move = (picture, by) => {
  const all = [...list.children];
  const from = all.indexOf(picture);
  const to = Math.min(all.length - 1, Math.max(0, from + by));
  if (to === from) return;
  const focused = document.activeElement;
  list.insertBefore(picture, to > from ? all[to].nextElementSibling : all[to]);
  if (picture.contains(focused)) focused.focus();
  tell(picture);
};

list.addEventListener("keydown", (event) => {
  const picture = event.target.closest(".pic");
  if (!event.altKey || !(event.key in STEPS) || !picture) return;
  event.preventDefault(); // it would go back a page
  move(picture, STEPS[event.key]);
});
list.addEventListener("click", (event) => {
  const button = event.target.closest(".move");
  if (button) move(button.closest(".pic"), Number(button.dataset.by));
});

list.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".pic");
  if (!dragged || event.target !== dragged) { dragged = null; return; } // a link under a picture, say
  event.dataTransfer.setData(OURS, "");
  event.dataTransfer.effectAllowed = "move";
  dragged.classList.add("dragged");
});
list.addEventListener("dragover", (event) => {
  if (!dragged) return;
  event.preventDefault();
  const over = event.target.closest(".pic");
  if (!over || over === dragged) return;
  const box = over.getBoundingClientRect();
  const isBehind = (event.clientX > box.left + box.width / 2) === (getComputedStyle(list).direction === "ltr");
  const before = isBehind ? over.nextElementSibling : over;
  if (before !== dragged && before !== dragged.nextElementSibling) list.insertBefore(dragged, before);
});
list.addEventListener("drop", (event) => dragged && event.preventDefault());
list.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("dragged");
  tell(dragged);
  dragged = null;
});
