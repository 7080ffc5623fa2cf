// Previews of chosen files: decoded beside the page, small, two at a time, and only of tiles that are about to be seen.

const AT_ONCE = 2;
const WIDTH = 264; // pixels, twice a tile's
const form = document.getElementById("ask");
const seen = [];
let drawing = 0;

const draw = async (picture) => {
  const frame = picture.querySelector(".thumbnail");
  try {
    const bitmap = await createImageBitmap(picture.file, { resizeWidth: WIDTH, resizeQuality: "low" });
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
    frame.querySelector("img")?.remove();
    frame.prepend(canvas);
  } catch { // no picture, or of a format that this browser cannot show: the site's thumbnail, once there is one
    frame.classList.add("gone");
    if (picture.dataset.state === "ready") picture.dispatchEvent(new CustomEvent("become", { bubbles: true, detail: { state: "ready", facts: picture.facts } }));
  }
};

const pump = async () => {
  if (drawing >= AT_ONCE || !seen.length) return;
  const picture = seen.shift();
  drawing += 1;
  if (picture.isConnected) await draw(picture);
  drawing -= 1;
  pump();
};

const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    watch.unobserve(target);
    seen.push(target);
    pump();
  }
}, { rootMargin: "200px" });

form.addEventListener("tile", ({ target }) => {
  if (!target.file || target.previewed === target.file) return;
  target.previewed = target.file;
  watch.observe(target);
});
form.addEventListener("untile", (event) => watch.unobserve(event.detail));
