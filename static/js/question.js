// The question: grows with its text; a preset puts its question there and says which one stands there.

const question = document.getElementById("question");
const presets = [...document.querySelectorAll("[data-question]")];

const grow = () => {
  if (CSS.supports("field-sizing", "content")) return;
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
};

const mark = () => {
  for (const chip of presets) {
    const stands = chip.dataset.question === question.value;
    chip.setAttribute("aria-pressed", String(stands));
    if (stands) chip.parentElement.scrollTo({ left: chip.offsetLeft - 60 });
  }
};

for (const chip of presets) {
  chip.addEventListener("click", (event) => {
    event.preventDefault();
    question.value = chip.dataset.question;
    question.dispatchEvent(new Event("input", { bubbles: true }));
    question.focus();
  });
}
question.addEventListener("input", () => { grow(); mark(); });
grow();
mark();
