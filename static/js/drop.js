// Pictures dropped anywhere on the page, or pasted, go to the tray.

const give = (files) => document.getElementById("ask").dispatchEvent(new CustomEvent("files", { detail: [...files] }));

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0;
const hover = (by) => { depth = Math.max(0, depth + by); document.documentElement.classList.toggle("dropping", depth > 0); };
document.addEventListener("dragenter", (event) => holdsFiles(event) && hover(1));
document.addEventListener("dragleave", (event) => holdsFiles(event) && hover(-1));
document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  hover(-Infinity);
  give(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  give(files);
});
