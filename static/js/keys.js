// One key, one link: <a data-key="j">; a field that has one is gone to; ? shows the page's keys. Not while typing or in a dialog,
// and not with Ctrl, Alt or Meta.

const typing = (element) => element.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || typing(event.target)) return;
  if (event.key === "?") {
    document.getElementById("keys")?.showModal();
    return;
  }
  if (!/^[a-z/]$/.test(event.key)) return;
  const field = document.querySelector(`input[data-key="${event.key}"]`);
  if (field) {
    event.preventDefault();
    field.focus();
    field.select();
    return;
  }
  document.querySelector(`a[data-key="${event.key}"]`)?.click();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-open-keys]")) document.getElementById("keys").showModal();
  // A click beside an open dialog is one on the dialog itself.
  if (event.target.closest?.("[data-close-keys]") || event.target.id === "keys") document.getElementById("keys").close();
});
