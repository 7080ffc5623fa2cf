// Pictures dropped anywhere on the page, or pasted, go to the tray; an address dragged from a page is a picture from a link.

const form = document.getElementById("ask");
const give = (files) => form.dispatchEvent(new CustomEvent("files", { detail: [...files] }));
const link = (address) => form.dispatchEvent(new CustomEvent("link", { detail: address }));

const has = (data, type) => Boolean(data?.types.includes(type));
const isOurs = (event) => has(event.dataTransfer, "Files") || has(event.dataTransfer, "text/uri-list");
let depth = 0;
const hover = (by) => { depth = Math.max(0, depth + by); document.documentElement.classList.toggle("dropping", depth > 0); };
document.addEventListener("dragenter", (event) => isOurs(event) && hover(1));
document.addEventListener("dragleave", (event) => isOurs(event) && hover(-1));
document.addEventListener("dragover", (event) => isOurs(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!isOurs(event)) return;
  event.preventDefault();
  hover(-Infinity);
  if (event.dataTransfer.files.length) give(event.dataTransfer.files);
  else if (address(event.dataTransfer)) link(address(event.dataTransfer));
});

// The first address of a list; lines with # are remarks.
const address = (data) => data.getData("text/uri-list").split(/\r?\n/).find((line) => /^https?:/i.test(line));

// A file manager puts the names beside its files; a program that copies words may put a picture of them beside.
const areNames = (text, files) => text.trim().split(/\r?\n/).every((line) => {
  const name = decodeURI(line.replace(/%(?![0-9a-f]{2})/gi, "%25")).split(/[\\/]/).pop().trim();
  return !name || files.some((file) => file.name === name);
});
document.addEventListener("paste", (event) => {
  const data = event.clipboardData;
  const files = [...(data?.files ?? [])];
  if (!files.length || has(data, "text/html") || has(data, "text/rtf")) return;
  const text = data.getData("text/plain");
  if (text && !has(data, "text/uri-list") && !areNames(text, files)) return;
  event.preventDefault();
  give(files);
});
