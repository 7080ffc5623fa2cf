// A picture by its address: a tile of the tray, like a file. The site fetches it after the ask; the browser never does.

const form = document.getElementById("ask");
const list = form.querySelector(".pics");
const input = document.getElementById("link");
const words = document.getElementById("error-image_url");
const pattern = document.getElementById("picture").content.firstElementChild;

const say = (text) => {
  words.textContent = text;
  input.toggleAttribute("aria-invalid", Boolean(text));
  if (text) input.setAttribute("aria-invalid", "true");
};

// A blank within an address is read as browsers do; the site writes it as %20.
const read = (text) => {
  try {
    const url = new URL(text);
    return ["http:", "https:"].includes(url.protocol) && !/[\t\n\r]/.test(text) ? url : null;
  } catch {
    return null;
  }
};

const fill = (picture, text, url) => {
  picture.classList.add("linked");
  picture.querySelector(".name").title = text;
  picture.querySelector(".name bdi").textContent = url.hostname;
  picture.querySelector(".size").textContent = url.pathname.split("/").pop();
  picture.querySelector(".x").setAttribute("aria-label", `Take away ${url.hostname}`);
  for (const [name, value] of [["picture", text], ["picture_name", url.hostname]]) {
    picture.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
};

// What is no address stays where it was typed, to be put right; asked with it, the site says the same.
const add = () => {
  const text = input.value.trim();
  const url = read(text);
  say(text && !url ? input.dataset.wrong : "");
  if (!url) return;
  if (list.querySelectorAll(".pic:not([data-state=failed])").length >= Number(form.dataset.most)) {
    say(`At most ${form.dataset.most} pictures at once.`);
    return;
  }
  const picture = pattern.cloneNode(true);
  fill(picture, text, url);
  list.append(picture);
  input.value = "";
  picture.dispatchEvent(new Event("tile", { bubbles: true }));
  form.dispatchEvent(new Event("tray"));
};

form.querySelector("[name=add]").addEventListener("click", (event) => { event.preventDefault(); add(); input.focus(); });
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  add();
});
form.addEventListener("linked", ({ detail }) => fill(detail, detail.link, new URL(detail.link))); // of an earlier page
form.addEventListener("link", (event) => { input.value = event.detail; add(); });
form.addEventListener("submit", add, { capture: true });
