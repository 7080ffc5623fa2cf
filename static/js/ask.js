// Asking: the button says what it does and is never greyed out; pressed early it waits for the uploads. The new cards appear
// beneath, the tray empties, the question stays selected. Sent again by accident, one token is one ask.

const form = document.getElementById("ask");
const go = document.getElementById("go");
const hint = document.getElementById("hint");
const question = document.getElementById("question");
const pictures = (state) => form.querySelectorAll(`.pic${state}`);
const pending = () => pictures(":is([data-state=queued], [data-state=uploading])").length + Number(form.hasAttribute("data-taking"));
const several = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
let sending = false;
let patient = null; // the button that was pressed early

const label = () => {
  const count = pictures(":not([data-state=failed], [data-state=lost])").length;
  go.querySelector("[data-label]").textContent = count ? `Ask about ${several(count, "picture")}` : "Ask";
};

const say = (errors) => {
  for (const place of form.querySelectorAll("[data-error]")) {
    const words = errors[place.dataset.error] ?? "";
    place.textContent = words;
    const field = form.elements[place.dataset.error];
    const inputs = field instanceof RadioNodeList ? [...field] : [field];
    for (const input of inputs) if (input instanceof HTMLElement) input.toggleAttribute("aria-invalid", Boolean(words));
    for (const input of inputs) if (words && input instanceof HTMLElement) input.setAttribute("aria-invalid", "true");
  }
  const first = [...form.querySelectorAll("[data-error]")].find((place) => place.textContent);
  if (!first) return;
  for (let fold = first.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const field = form.elements[first.dataset.error];
  (field instanceof RadioNodeList ? field[0] : field)?.focus?.();
  first.scrollIntoView({ block: "nearest" });
};

// Pictures that are not there any more stand in the tray with the reason; the others stay.
const tell = ({ errors = { "": "That did not work." }, tiles = {} }) => {
  for (const picture of pictures("[data-state=ready]")) {
    const words = tiles[picture.querySelector("[name=picture]").value];
    if (words) picture.dispatchEvent(new CustomEvent("become", { bubbles: true, detail: { state: "lost", words, again: "Choose again" } }));
  }
  say(errors);
};

// The very same was answered before: nothing was asked, and the old answer stands beneath with a button that asks anew.
// It goes as soon as something else would be asked.
let offered = null;
const withdraw = () => { offered?.remove(); offered = null; };
const offer = (html) => {
  form.insertAdjacentHTML("afterend", html);
  offered = form.nextElementSibling;
  offered.focus();
};
form.addEventListener("input", withdraw);

const arrive = (html, response, sent) => {
  const cards = document.createElement("template");
  cards.innerHTML = html;
  const fresh = [...cards.content.children];
  for (const card of fresh) { document.getElementById(card.id)?.remove(); card.classList.add("fresh"); }
  document.querySelector("[data-cards]").prepend(...fresh);
  document.getElementById("just-now").hidden = false;
  document.getElementById("samples")?.remove();
  form.elements.token.value = response.headers.get("X-Next-Token");
  const count = Number(response.headers.get("X-Asked"));
  if (count > fresh.length) document.getElementById("all-asked").hidden = false;
  form.dispatchEvent(new CustomEvent("asked", { detail: sent }));
  document.dispatchEvent(new Event("cards"));
  question.focus({ preventScroll: true });
  question.select();
  fresh[0]?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  document.getElementById("said").textContent = `Asked. ${several(count, "answer")} to come.`;
};

const send = async (submitter) => {
  sending = true;
  hint.textContent = "Sending …";
  try {
    const body = new FormData(form, submitter);
    const sent = [...pictures("[data-state=ready]")];
    document.getElementById("asked-before")?.remove();
    const response = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    hint.textContent = "";
    if (response.headers.has("Location")) { form.dispatchEvent(new CustomEvent("asked", { detail: sent })); location.assign(response.headers.get("Location")); } // a comparison
    else if (response.status === 201) arrive(await response.text(), response, sent);
    else if (response.redirected) say({ "": "You are logged out. Log in again in another tab, then reload this page." });
    else if (response.headers.get("Content-Type")?.includes("json")) tell(await response.json());
    else if (response.ok) offer(await response.text());
    else if (response.status === 403) say({ "": "This page is out of date. Copy your question, then reload." });
    else say({ "": `The site could not take it (${response.status}). Nothing was asked; try again.` });
  } catch {
    hint.textContent = "";
    say({ "": "The site cannot be reached. Nothing is lost: press the button again when it can." });
  } finally {
    sending = false;
  }
};

const ask = (submitter) => {
  if (sending) return;
  const count = pending();
  patient = count ? submitter : null;
  hint.textContent = count ? `Waiting for ${several(count, "upload")}, then asking.` : "";
  if (!count) { say({}); send(submitter); }
};

form.addEventListener("submit", (event) => { event.preventDefault(); ask(event.submitter ?? go); });
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(go); }
});
form.addEventListener("tray", () => {
  label();
  withdraw();
  if (patient) ask(patient);
});
label();
