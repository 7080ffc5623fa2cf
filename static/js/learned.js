// What the chosen model was seen to do to a parameter stands beside its control.

const form = document.getElementById("ask");
const more = document.getElementById("more");
const learned = JSON.parse(more.dataset.learned || "{}");

const show = () => {
  const changes = learned[form.elements.model.value] ?? {};
  for (const place of more.querySelectorAll("[data-changed]")) place.textContent = changes[place.dataset.changed] ?? "";
};
form.elements.model.addEventListener("change", show);
form.addEventListener("put", show);
show();
