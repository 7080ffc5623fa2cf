// Copying: <button data-copy="text"> copies that text, <button data-copy-from="#id"> the text of that element,
// <button data-copy-file="address"> what is fetched from there; a link with it opens that where there is no script. Each block of
// code of an answer gets a button of its own.

const copied = (button) => {
  const before = button.textContent;
  button.textContent = "Copied";
  document.getElementById("said").textContent = "Copied";
  setTimeout(() => { button.textContent = before; }, 1600);
};

// The clipboard's own interface exists only on https and on this machine; a site in a home network has neither.
const byHand = (text) => {
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "sr-only" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
};

const textOf = (block) => [...block.childNodes].filter((one) => !one.matches?.(".copy-block")).map((one) => one.textContent).join("");

const offer = () => {
  for (const block of document.querySelectorAll(":is(.answer, .call) :is(pre, .json):not(:has(> .copy-block))")) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy", ariaLabel: "Copy this block" });
    button.dataset.copyBlock = "";
    const place = Object.assign(document.createElement("span"), { className: "copy-block" });
    place.append(button);
    block.prepend(place);
  }
};
for (const happening of ["swapped", "cards"]) document.addEventListener(happening, offer);
offer();

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-file], [data-copy-block]");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  const file = button.dataset.copyFile;
  const text = file
    ? await fetch(file).then((reply) => (reply.ok ? reply.text() : undefined), () => undefined)
    : source ? (source.value ?? source.innerText)
    : "copyBlock" in button.dataset ? textOf(button.closest("pre, .json")) : button.dataset.copy;
  if (text === undefined) {
    document.dispatchEvent(new CustomEvent("toast", { detail: "The site did not give the text. Try again." }));
    return;
  }
  const done = await (navigator.clipboard?.writeText(text).then(() => true, () => byHand(text)) ?? byHand(text));
  button.focus();
  if (done) copied(button);
  else document.dispatchEvent(new CustomEvent("toast", { detail: "The browser did not allow copying." }));
});
