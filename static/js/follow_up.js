// The box under an answer: Ctrl+Enter sends it, and a second press waits for the first. What was typed outlives a refresh of its
// card, since the card is fetched anew only while no answer is there, and so no box.

const busy = new WeakSet();

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("[data-follow-up]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-follow-up]")) return;
  if (busy.has(event.target)) event.preventDefault();
  busy.add(event.target);
});

addEventListener("pageshow", (event) => {
  const form = document.querySelector("[data-follow-up]");
  if (event.persisted && form) busy.delete(form); // Back: it may be asked again
});
