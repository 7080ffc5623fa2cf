// Uploads of the tray, three at a time, each with its ring. A picture that the site has already, by its content, is not sent again.

const AT_ONCE = 3;
const SENT_SOONER = 100_000; // bytes: less is sent sooner than it is asked about
const READ = 50 * 1024 ** 2; // bytes: more is not read into memory to be known
const TELLS_AT_ONCE = 429; // from this status on another try may help
const form = document.getElementById("ask");
const waiting = [];
const running = new Map();

const become = (picture, detail) => picture.dispatchEvent(new CustomEvent("become", { bubbles: true, detail }));
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// Browsers hash where a page is private (https, or this machine) alone; elsewhere everything is sent.
const known = async (file, signal) => {
  if (!globalThis.crypto?.subtle || file.size < SENT_SOONER || file.size > READ) return null;
  const sha256 = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const response = await fetch(`${form.dataset.images}?sha256=${sha256}`, { signal });
  if (!response.ok || response.redirected) return null;
  const [facts] = (await response.json()).items;
  return facts ? { ...facts, name: file.name || "picture" } : null;
};

const advance = (picture, event) => {
  const percent = Math.round((event.loaded / event.total) * 100);
  picture.style.setProperty("--done", percent);
  picture.querySelector("progress").value = percent;
  picture.querySelector(".size").textContent = percent < 100 ? `uploading, ${percent} %` : "being checked";
};

const send = (picture, signal) => new Promise((done) => {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("image", picture.file);
  signal.addEventListener("abort", () => request.abort());
  request.upload.onprogress = (event) => advance(picture, event);
  request.onload = () => done(request);
  request.onerror = () => done(null);
  request.open("POST", form.dataset.images);
  request.responseType = "json";
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.send(body);
});

const judge = (request) => {
  if (request?.status === 201) return { state: "ready", facts: request.response };
  const words = request?.response?.error?.message;
  if (!request) return { state: "failed", words: "The upload broke off.", again: "Try again" };
  if (request.status === 403) return { state: "failed", words: "This page is out of date; reload it and add the picture again." };
  const again = words && request.status < TELLS_AT_ONCE ? "" : "Try again";
  return { state: "failed", words: words ?? `The site could not take it (${request.status}).`, again };
};

const start = async (picture) => {
  const stop = new AbortController();
  running.set(picture, stop);
  picture.style.setProperty("--done", 0);
  become(picture, { state: "uploading", words: "uploading" });
  const facts = await known(picture.file, stop.signal).catch(() => null);
  const outcome = facts ? { state: "ready", facts } : stop.signal.aborted || judge(await send(picture, stop.signal));
  running.delete(picture);
  if (!stop.signal.aborted) become(picture, outcome);
  pump();
};

const pump = () => {
  while (running.size < AT_ONCE && waiting.length) start(waiting.shift());
};

form.addEventListener("tile", (event) => {
  if (event.target.dataset.state !== "queued" || waiting.includes(event.target)) return;
  waiting.push(event.target);
  pump();
});
form.addEventListener("untile", (event) => {
  const place = waiting.indexOf(event.detail);
  if (place >= 0) waiting.splice(place, 1);
  running.get(event.detail)?.abort();
  running.delete(event.detail);
  pump();
});
