// One key, one link: <a data-key="j">; a field that has one is gone to. Not while typing, and not with Ctrl, Alt or Meta.

const typing = (element) => element.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || typing(event.target)) return;
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
