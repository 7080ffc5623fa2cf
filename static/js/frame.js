// The frame: the thin line while a page is fetched, menus that close, toasts, the offline notice, pictures that are gone.

const progress = document.getElementById("progress");
const busy = (on) => progress?.classList.toggle("on", on);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const plain = !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !plain || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname + link.search !== location.pathname + location.search) busy(true);
});
document.addEventListener("submit", (event) => queueMicrotask(() => event.defaultPrevented || busy(true)));
addEventListener("pageshow", () => busy(false));

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu?.contains(document.activeElement)) menu.querySelector("summary").focus();
  closeMenus();
});

// Say something in passing: document.dispatchEvent(new CustomEvent("toast", {detail: "Copied."}))
const STAYS = 6000;
const settle = (toast) => {
  if (!toast.matches(".error, .warning, :has(form)")) setTimeout(() => toast.remove(), STAYS);
};
document.querySelectorAll("#toasts .toast").forEach(settle);
document.addEventListener("toast", (event) => {
  const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  toast.querySelector(".words").textContent = event.detail;
  document.getElementById("toasts").append(toast);
  settle(toast);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest(".toast")?.remove();
});

// Who logs out leaves no names of pictures behind (kept_tray.js).
document.addEventListener("submit", (event) => {
  if (!event.target.action?.endsWith?.("/logout/")) return;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("describer.tray.")) localStorage.removeItem(key);
  } catch { /* then nothing was kept */ }
});

const offline = document.getElementById("offline");
const line = () => { offline.hidden = navigator.onLine; };
addEventListener("online", line);
addEventListener("offline", line);
line();

// Errors of pictures do not bubble; those from before this script ran are found by their natural width.
const gone = (image) => image.closest(".thumbnail")?.classList.add("gone");
addEventListener("error", (event) => event.target instanceof HTMLImageElement && gone(event.target), true);
for (const image of document.querySelectorAll(".thumbnail img")) if (image.complete && image.src && !image.naturalWidth) gone(image);
