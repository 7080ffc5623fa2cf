// Light, dark, or as the system is: at once here, and kept by the server, so that the next page comes right from its first byte.

const form = document.querySelector("[data-theme-switch]");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = event.submitter?.value ?? "system";
  const root = document.documentElement;
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === chosen));
  fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual" }).catch(() => {});
});
