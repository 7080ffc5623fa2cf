// The tray: chosen pictures show at once and are uploaded three at a time; a wrong one stays with its reason until it is crossed
// away. Whoever waits for uploads looks at data-state and listens for "tray" on the form.

const AT_ONCE = 3;
const form = document.getElementById("ask");
const list = form.querySelector(".pics");
const pattern = document.getElementById("picture").content.firstElementChild;
const waiting = [];
const running = new Map();

const kept = () => list.querySelectorAll(".pic:not([data-state=failed])").length;
const changed = () => form.dispatchEvent(new Event("tray"));
const inMegabytes = (bytes) => (bytes < 1024 * 1000 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 ** 2).toFixed(1).replace(".0", "")} MB`);

const set = (picture, state, words) => {
  picture.dataset.state = state;
  const where = state === "failed" ? ".wrong" : ".size";
  picture.querySelector(where).textContent = words;
  if (state === "failed") picture.querySelector(".size").textContent = "";
  changed();
};

const add = (file) => {
  const picture = pattern.cloneNode(true);
  const name = file.name || "picture";
  picture.querySelector(".name bdi").textContent = name;
  picture.querySelector(".x").setAttribute("aria-label", `Take away ${name}`);
  const image = new Image();
  image.alt = "";
  image.src = URL.createObjectURL(file);
  picture.querySelector(".thumbnail").prepend(image);
  const room = kept() < Number(form.dataset.most);
  list.append(picture);
  const most = Number(form.dataset.mostBytes);
  if (!room) set(picture, "failed", `At most ${form.dataset.most} pictures at once.`);
  else if (file.size > most) set(picture, "failed", `${inMegabytes(file.size)} is too large; at most ${inMegabytes(most)}.`);
  else enqueue(picture, file);
};

const enqueue = (picture, file) => {
  set(picture, "queued", inMegabytes(file.size));
  waiting.push([picture, file]);
  pump();
};

const pump = () => {
  while (running.size < AT_ONCE && waiting.length) upload(...waiting.shift());
};

const upload = (picture, file) => {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("image", file);
  running.set(picture, request);
  set(picture, "uploading", "uploading");
  request.upload.onprogress = (event) => {
    const percent = Math.round((event.loaded / event.total) * 100);
    picture.querySelector("progress").value = percent;
    picture.querySelector(".size").textContent = percent < 100 ? `uploading, ${percent} %` : "being checked";
  };
  request.onload = () => (request.status === 201 ? ready(picture, request.response) : refused(picture, file, request));
  request.onerror = () => retry(picture, file, "The upload broke off.");
  request.onloadend = () => { running.delete(picture); pump(); };
  request.open("POST", form.dataset.images);
  request.responseType = "json";
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.send(body);
};

const ready = (picture, facts) => {
  for (const [name, value] of [["picture", facts.id], ["picture_name", facts.name]]) {
    picture.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  picture.querySelector(".name bdi").textContent = facts.name;
  picture.querySelector(".notes").textContent = facts.notes.join(" ");
  const frame = picture.querySelector(".thumbnail");
  if (frame.classList.contains("gone")) { // a format that this browser cannot show
    frame.classList.remove("gone");
    frame.querySelector("img").src = `${form.dataset.images}${facts.id}/thumbnail/`;
  }
  set(picture, "ready", `${facts.width} × ${facts.height} · ${inMegabytes(facts.bytes)}`);
};

const refused = (picture, file, request) => {
  const said = request.response?.error?.message;
  if (said) set(picture, "failed", said);
  else if (request.status === 403) set(picture, "failed", "This page is out of date; reload it and add the picture again.");
  else retry(picture, file, `The site could not take it (${request.status}).`);
};

const retry = (picture, file, words) => {
  const button = picture.querySelector(".again");
  button.hidden = false;
  button.onclick = () => { button.hidden = true; picture.querySelector(".wrong").textContent = ""; enqueue(picture, file); };
  set(picture, "failed", words);
};

const takeAway = (picture) => {
  const next = picture.nextElementSibling ?? picture.previousElementSibling;
  running.get(picture)?.abort();
  waiting.splice(0, waiting.length, ...waiting.filter(([other]) => other !== picture));
  picture.remove();
  (next?.querySelector(".x") ?? document.getElementById("choose")).focus();
  changed();
};

list.addEventListener("click", (event) => {
  const cross = event.target.closest(".x");
  if (!cross) return;
  event.preventDefault();
  takeAway(cross.closest(".pic"));
});

for (const input of [document.getElementById("choose"), document.getElementById("camera")]) {
  input.addEventListener("change", () => { [...input.files].forEach(add); input.value = ""; });
}

form.addEventListener("files", (event) => event.detail.forEach(add)); // drop.js: dropped or pasted
changed();
