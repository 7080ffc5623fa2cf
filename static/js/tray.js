// The tray: a tile for each chosen picture, made a few at a time so that the page stays live. What happens to a tile is told on it:
// "become" {state, words, facts, again} sets it, "tile" says that it was set, "untile" (on the form) that it was taken away,
// "restore" (on the form) makes tiles of an earlier page. A tile's file is its property `file`; its states are queued, uploading,
// ready, failed (with a reason) and lost (its file is to be chosen again). Whoever waits for uploads listens for "tray" on the form.

const BREATH = 8; // milliseconds of work between two moments in which the page can do something else
const form = document.getElementById("ask");
const list = form.querySelector(".pics");
const choose = document.getElementById("choose");
const rest = document.getElementById("rest");
const pattern = document.getElementById("picture").content.firstElementChild;
const most = () => Number(form.dataset.most);
const mostBytes = Number(form.dataset.mostBytes);
const tiles = new Map(); // by the mark of the file
let incoming = []; // chosen, and not in the tray yet; beyond the limit they wait for room
let taking = false;
let told = false;

const breathe = () => new Promise((done) => setTimeout(done));
const markOf = ({ name, size, modified }) => `${name}|${size}|${modified}`;
const room = () => list.childElementCount < most() || list.querySelectorAll(".pic:not([data-state=failed])").length < most();
const inMegabytes = (bytes) => (bytes < 1024 * 1000 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 ** 2).toFixed(1).replace(".0", "")} MB`);

// Told once for all that happens in one go.
const changed = () => {
  if (told) return;
  told = true;
  queueMicrotask(() => { told = false; form.dispatchEvent(new Event("tray")); });
};

const show = (picture, facts) => {
  for (const input of picture.querySelectorAll("input[type=hidden]")) input.remove();
  for (const [name, value] of [["picture", facts.id], ["picture_name", facts.name]]) {
    picture.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  picture.facts = facts;
  picture.querySelector(".name bdi").textContent = facts.name;
  picture.querySelector(".notes").textContent = facts.notes.join(" ");
  const frame = picture.querySelector(".thumbnail");
  if (!picture.file || frame.classList.contains("gone")) { // not chosen on this page, or a format that this browser cannot show
    frame.classList.remove("gone");
    const image = frame.querySelector("img") ?? new Image();
    Object.assign(image, { alt: "", loading: "lazy", decoding: "async", draggable: false, src: `${form.dataset.images}${facts.id}/thumbnail/` });
    if (!image.isConnected) frame.prepend(image);
  }
  askedBefore(picture, facts.asked);
};

const askedBefore = (picture, asked) => {
  const place = picture.querySelector(".before");
  place.replaceChildren();
  if (asked) place.append(Object.assign(document.createElement("a"), { href: asked.url, textContent: asked.words }));
};

const become = (picture, { state, words = "", facts, again = "" }) => {
  const wrong = state === "failed" || state === "lost";
  picture.dataset.state = state;
  if (facts) show(picture, facts);
  picture.querySelector(".wrong").textContent = wrong ? words : "";
  picture.querySelector(".size").textContent = facts ? `${facts.width} × ${facts.height} · ${inMegabytes(facts.bytes)}` : wrong ? "" : words;
  if (wrong) for (const input of picture.querySelectorAll("input[type=hidden]")) input.remove();
  picture.querySelector("button.again").hidden = !again;
  if (again) picture.querySelector("button.again").textContent = again;
  picture.dispatchEvent(new Event("tile", { bubbles: true }));
  changed();
};
list.addEventListener("become", (event) => become(event.target.closest(".pic"), event.detail));

const unmark = (picture) => {
  if (picture.mark && tiles.get(markOf(picture.mark)) === picture) tiles.delete(markOf(picture.mark));
};

const label = (picture, name, mark) => {
  unmark(picture);
  picture.querySelector(".name bdi").textContent = name;
  picture.querySelector(".name").title = name;
  picture.querySelector(".x").setAttribute("aria-label", `Take away ${name}`);
  for (const button of picture.querySelectorAll(".move")) {
    button.setAttribute("aria-label", `Move ${name} to the ${button.dataset.by < 0 ? "front" : "back"} by one`);
  }
  if (mark) { picture.mark = mark; tiles.set(markOf(mark), picture); }
  return picture;
};
const make = (name, mark) => label(pattern.cloneNode(true), name, mark);

// A file that is in the tray is not there twice; one that failed or was lost gets another try.
const place = (file) => {
  const mark = { name: file.name || "picture", size: file.size, modified: file.lastModified };
  const known = tiles.get(markOf(mark)) ?? [...list.querySelectorAll("[data-state=lost]")].find((one) => one.wanted || (one.mark?.name === mark.name && one.mark.size === mark.size));
  if (known?.isConnected && !/failed|lost/.test(known.dataset.state)) return;
  const picture = known?.isConnected ? label(known, mark.name, mark) : make(mark.name, mark);
  picture.file = file;
  picture.wanted = false;
  if (!picture.isConnected) list.append(picture);
  if (file.size > mostBytes) become(picture, { state: "failed", words: `${inMegabytes(file.size)} is too large; at most ${inMegabytes(mostBytes)}.` });
  else become(picture, { state: "queued", words: inMegabytes(file.size) });
};

const take = async () => {
  if (taking) return;
  taking = true;
  form.toggleAttribute("data-taking", true);
  let began = performance.now();
  while (incoming.length && room()) {
    place(incoming.shift());
    if (performance.now() - began < BREATH) continue;
    await breathe();
    began = performance.now();
  }
  taking = false;
  form.toggleAttribute("data-taking", false);
  tellRest();
  changed();
};

const tellRest = () => {
  rest.hidden = !incoming.length;
  const several = incoming.length === 1 ? "1 more picture does" : `${incoming.length.toLocaleString("en")} more do`;
  rest.querySelector("[data-words]").textContent = incoming.length ? `At most ${most()} pictures at once: ${several} not fit, and will come into the tray as there is room.` : "";
};
document.getElementById("no-rest").addEventListener("click", () => { incoming = []; tellRest(); choose.focus(); });

const add = (files) => { incoming.push(...files); take(); };

const remove = (picture) => {
  picture.remove();
  unmark(picture);
  form.dispatchEvent(new CustomEvent("untile", { detail: picture }));
  changed();
};

list.addEventListener("click", (event) => {
  const picture = event.target.closest(".pic");
  if (event.target.closest(".x")) {
    event.preventDefault();
    const next = picture.nextElementSibling ?? picture.previousElementSibling;
    remove(picture);
    (next?.querySelector(".x") ?? choose).focus();
    take();
  } else if (event.target.closest("button.again")) {
    if (picture.file) become(picture, { state: "queued", words: inMegabytes(picture.file.size) });
    else { picture.wanted = true; choose.click(); }
  }
});
form.addEventListener("asked", (event) => { event.detail.forEach(remove); take(); });
form.addEventListener("drop-tile", (event) => remove(event.detail)); // taken away in another tab

// Tiles of an earlier page, or of another tab, each at its place.
form.addEventListener("restore", (event) => {
  for (const entry of event.detail) {
    const picture = make(entry.name, entry.mark);
    picture.dataset.key = entry.key;
    picture.dataset.order = entry.order;
    if (entry.link) { picture.link = entry.link; form.dispatchEvent(new CustomEvent("linked", { detail: picture })); }
    list.insertBefore(picture, [...list.children].find((one) => Number(one.dataset.order) > entry.order) ?? null);
    if (entry.link) changed();
    else become(picture, entry);
  }
});
choose.addEventListener("cancel", () => { for (const picture of list.children) picture.wanted = false; });

for (const input of [choose, document.getElementById("camera")]) {
  input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
}
form.addEventListener("files", (event) => add(event.detail)); // drop.js: dropped or pasted
changed();
