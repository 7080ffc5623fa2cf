// Pictures dropped anywhere on the page, or pasted, go to the tray, those of a folder with all that lies within it; an address
// dragged from a page is a picture from a link.

const form = document.getElementById("ask");
const give = (files) => form.dispatchEvent(new CustomEvent("files", { detail: [...files] }));
const link = (address) => form.dispatchEvent(new CustomEvent("link", { detail: address }));

const has = (data, type) => Boolean(data?.types.includes(type));
const isTile = (event) => has(event.dataTransfer, "application/x-describer-tile"); // order.js
const isOurs = (event) => !isTile(event) && has(event.dataTransfer, "Files") || has(event.dataTransfer, "text/uri-list");
let depth = 0;
const hover = (by) => { depth = Math.max(0, depth + by); document.documentElement.classList.toggle("dropping", depth > 0); };
document.addEventListener("dragenter", (event) => isOurs(event) && hover(1));
document.addEventListener("dragleave", (event) => isOurs(event) && hover(-1));
document.addEventListener("dragover", (event) => isOurs(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!isOurs(event)) return;
  event.preventDefault();
  hover(-Infinity);
  const dropped = [...event.dataTransfer.items].map((item) => item.kind === "file" && item.webkitGetAsEntry?.());
  if (dropped.some((entry) => entry?.isDirectory)) walk(dropped.filter(Boolean));
  else if (event.dataTransfer.files.length) give(event.dataTransfer.files);
  else if (address(event.dataTransfer)) link(address(event.dataTransfer));
});

// A folder: its pictures by name, folder by folder, within bounds; files that are no pictures are left where they are.
const DEEPEST = 20;
const MOST_FILES = 5000;
const PICTURE = /\.(jpe?g|jfif|png|webp|gif|heic|heif|hif|avif|tiff?|bmp)$/i;
const byName = new Intl.Collator(undefined, { numeric: true });
const told = (act) => new Promise((done) => { act(done, () => done(null)); });

// A folder tells its entries a hundred at a time, and an empty list at the end.
const within = async (folder) => {
  const reader = folder.createReader();
  const found = [];
  while (found.length < 2 * MOST_FILES) {
    const some = await told((done, fail) => reader.readEntries(done, fail));
    if (!some?.length) break;
    found.push(...some);
  }
  return found.filter((entry) => !entry.name.startsWith(".")).sort((a, b) => a.isDirectory - b.isDirectory || byName.compare(a.name, b.name));
};

const walk = async (dropped) => {
  const ahead = dropped.map((entry) => [entry, 0]);
  let count = 0;
  while (ahead.length && count < MOST_FILES) {
    const [entry, depth] = ahead.shift();
    if (entry.isDirectory) {
      if (depth < DEEPEST) ahead.unshift(...(await within(entry)).map((one) => [one, depth + 1]));
      continue;
    }
    if (depth && !PICTURE.test(entry.name)) continue;
    const file = await told((done, fail) => entry.file(done, fail));
    if (file) { give([file]); count += 1; }
  }
  const words = count ? `Of the folder only the first ${MOST_FILES.toLocaleString("en")} pictures were taken.` : "There is no picture in this folder.";
  if (!count || ahead.length) document.dispatchEvent(new CustomEvent("toast", { detail: words }));
};

const folder = document.getElementById("folder");
folder.addEventListener("change", () => {
  const isHidden = (file) => file.webkitRelativePath.split("/").some((part) => part.startsWith("."));
  const files = [...folder.files].filter((file) => PICTURE.test(file.name) && !isHidden(file));
  give(files.sort((a, b) => byName.compare(a.webkitRelativePath, b.webkitRelativePath)).slice(0, MOST_FILES));
  folder.value = "";
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
