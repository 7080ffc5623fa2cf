// The question: grows with its text. A preset, by its chip or by `/`, puts its words and settings into the form, and each of
// its variables gets a field.

const form = document.getElementById("ask");
const question = document.getElementById("question");
const chips = [...document.querySelectorAll("[data-question]")];
const askedBy = form.elements.asked_by;
const variables = document.getElementById("variables");
const variable = document.getElementById("variable").content.firstElementChild;
const known = variables.dataset.known.split(" ");
const menu = document.getElementById("slash");

const grow = () => {
  if (CSS.supports("field-sizing", "content")) return;
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
};

const mark = () => {
  if (!question.value.trim()) askedBy.value = "";
  for (const chip of chips) {
    const stands = chip.dataset.question === question.value;
    chip.setAttribute("aria-pressed", String(stands));
    if (stands) chip.parentElement.scrollTo({ left: chip.offsetLeft - 60 });
  }
};

const words = () => {
  if (!askedBy.value) return [];
  const text = `${question.value} ${form.elements.system_prompt.value}`.replaceAll("{{", "").replaceAll("}}", "");
  const found = [...text.matchAll(/\{([a-z][a-z0-9_]{0,39})\}/g)].map((match) => match[1]);
  return [...new Set(found)].filter((word) => !known.includes(word));
};

// What was typed stays while its word stands in the question.
const ask = () => {
  const wanted = words();
  const there = new Map([...variables.children].map((field) => [field.querySelector("label").textContent, field]));
  if (wanted.join() === [...there.keys()].join()) return;
  variables.replaceChildren(...wanted.map((word) => {
    if (there.has(word)) return there.get(word);
    const field = variable.cloneNode(true);
    const [label, input, wrong] = field.children;
    Object.assign(label, { textContent: word, htmlFor: `variable-${word}` });
    Object.assign(input, { id: `variable-${word}`, name: `variables.${word}` });
    input.setAttribute("aria-describedby", `error-variable-${word}`);
    wrong.id = `error-variable-${word}`;
    wrong.dataset.error = `variables.${word}`;
    return field;
  }));
};

// A system prompt of one's own stays beside a preset that has none; that of the preset before does not.
const isOfAPreset = (text) => chips.some((chip) => JSON.parse(chip.dataset.fields).system_prompt === text);

const choose = (chip) => {
  question.value = chip.dataset.question;
  askedBy.value = chip.value;
  form.elements.asked_plain.value = chip.dataset.plain;
  for (const [name, text] of Object.entries(JSON.parse(chip.dataset.fields))) {
    const field = form.elements[name];
    if (!(field instanceof HTMLElement) || (!text && !(name === "system_prompt" && isOfAPreset(field.value)))) continue;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  question.dispatchEvent(new Event("input", { bubbles: true }));
  (variables.querySelector("input") ?? question).focus();
};

for (const chip of chips) {
  chip.addEventListener("click", (event) => { event.preventDefault(); choose(chip); });
}

// `/` at the question's start: the presets whose names or labels hold what is typed behind it.
const offered = () => [...menu.children];
const at = () => offered().findIndex((item) => item.getAttribute("aria-selected") === "true");
const select = (place) => {
  offered().forEach((item, number) => item.setAttribute("aria-selected", String(number === place)));
  const item = offered()[place];
  if (item) question.setAttribute("aria-activedescendant", item.id);
  else question.removeAttribute("aria-activedescendant");
};
const offer = () => {
  const typed = /^\/([^\n]*)$/.exec(question.value)?.[1].trim().toLowerCase();
  const fit = typed === undefined ? [] : chips.filter((chip) => `${chip.value} ${chip.textContent}`.toLowerCase().includes(typed));
  menu.replaceChildren(...fit.slice(0, 12).map((chip) => {
    const item = Object.assign(document.createElement("li"), { textContent: chip.textContent, id: `slash-${chip.value}` });
    item.setAttribute("role", "option");
    item.addEventListener("mousedown", (event) => { event.preventDefault(); close(); choose(chip); });
    return item;
  }));
  menu.hidden = !fit.length;
  select(0);
};
const close = () => { menu.replaceChildren(); menu.hidden = true; select(0); };
question.addEventListener("keydown", (event) => {
  if (menu.hidden) return;
  const count = offered().length;
  if (event.key === "ArrowDown") select((at() + 1) % count);
  else if (event.key === "ArrowUp") select((at() + count - 1) % count);
  else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    const chip = chips.find((one) => `slash-${one.value}` === offered()[Math.max(0, at())].id);
    close();
    choose(chip);
  } else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
});
question.addEventListener("blur", close);

// The preset that was asked by last (more.js): its question stands there, and its settings are among those that were used last.
form.addEventListener("last-preset", ({ detail }) => {
  const chip = chips.find((one) => one.value === detail);
  const stands = chips.some((one) => one.value === askedBy.value && one.dataset.question === question.value);
  if (chip ? question.value : !stands) return;
  question.value = chip ? chip.dataset.question : "";
  askedBy.value = chip?.value ?? "";
  form.elements.asked_plain.value = chip?.dataset.plain ?? "0";
  grow();
  mark();
  ask();
});

question.addEventListener("input", () => { grow(); mark(); ask(); offer(); });
form.elements.system_prompt.addEventListener("input", ask);
grow();
mark();
ask();
