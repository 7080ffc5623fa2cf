// The folded part: sliders beside their numbers, the dice, a summary of what is set, and what was last used, remembered here: model,
// parameters, system prompt, each or together, and the preset. One click resets all, or one field.

const KEY = "describer.last-used";
const PRESET = "preset";
const form = document.getElementById("ask");
const more = document.getElementById("more");
const fields = () => [...more.querySelectorAll("input[name], select[name], textarea[name]")].filter((one) => one.type !== "radio" || one.checked);
const isSet = (one) => one.value.trim() !== "" && one.value !== "each";
const named = (name) => [...more.querySelectorAll(`[name="${name}"]`)];
const labelOf = (one) => one.labels?.[0]?.textContent.trim() ?? "stop";

const join = (range) => {
  const number = document.getElementById(range.dataset.for);
  const show = () => {
    const unset = number.value === "";
    range.classList.toggle("unset", unset);
    range.value = unset ? range.defaultValue : number.value;
    range.setAttribute("aria-valuetext", unset ? "not set" : number.value);
  };
  range.addEventListener("input", () => {
    number.value = range.value;
    show();
    number.dispatchEvent(new Event("input", { bubbles: true }));
  });
  number.addEventListener("input", show);
  return show;
};
const shows = [...more.querySelectorAll("input[type=range]")].map(join);

const summarise = () => {
  const words = fields().filter(isSet).map((one) => {
    if (one.name === "model") return one.value;
    if (one.name === "compare") return `compared with ${one.value}`;
    if (one.type === "radio") return labelOf(one);
    if (one.tagName === "TEXTAREA") return labelOf(one).toLowerCase();
    return `${labelOf(one).toLowerCase()} ${one.value.slice(0, 20)}`;
  });
  more.querySelector("[data-summary]").textContent = words.join(" · ");
  for (const button of more.querySelectorAll("[data-reset]")) button.hidden = !named(button.dataset.reset).some((one) => one.value !== "");
  shows.forEach((show) => show());
};

// An accident of storage (switched off, full, another version's) must never stand in the way of asking.
const remember = () => {
  try {
    const preset = document.querySelector(".presets [aria-pressed=true]");
    const pairs = fields().filter((one) => isSet(one) && one.name !== "compare").map((one) => [one.name, one.value]);
    localStorage.setItem(KEY, JSON.stringify(preset ? [...pairs, [PRESET, preset.value]] : pairs));
  } catch { /* then it is not remembered */ }
};

const recall = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
};

const put = (pairs) => {
  const left = new Map();
  for (const [name, value] of pairs) left.set(name, [...(left.get(name) ?? []), value]);
  for (const one of more.querySelectorAll("input[name], select[name], textarea[name]")) {
    if (one.type === "radio") one.checked = one.value === (left.get(one.name)?.[0] ?? "each");
    else one.value = left.get(one.name)?.shift() ?? "";
    if (one.tagName === "SELECT" && one.selectedIndex < 0) one.selectedIndex = 0; // a model that is not offered any more
  }
  summarise();
  form.dispatchEvent(new CustomEvent("last-preset", { detail: left.get(PRESET)?.[0] ?? "" })); // question.js
  form.dispatchEvent(new Event("put"));
};

more.addEventListener("input", summarise);
more.addEventListener("click", (event) => {
  const dice = event.target.closest("[data-dice]");
  if (dice) {
    const number = document.getElementById(dice.dataset.dice);
    number.value = Math.floor(Math.random() * 2 ** 31);
    number.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const reset = event.target.closest("[data-reset]")?.dataset.reset;
  if (reset) {
    for (const one of named(reset)) one.value = "";
    named(reset)[0].dispatchEvent(new Event("input", { bubbles: true }));
    named(reset)[0].focus();
  }
  if (event.target.closest("[data-forget]")) { put([]); remember(); }
});
form.addEventListener("asked", () => { remember(); more.open = false; });

const isFresh = !fields().some(isSet) && !new URLSearchParams(location.search).has("from");
if (isFresh) put(recall());
else summarise();
