// An ask that is at its end while its tab is hidden is told by a notice of the browser and a quiet sound. Both are off until they are
// switched on, on the account page, for this browser alone.

const KEPT = (what) => `notices-${what}`;
const HELD = 3000; // by then every tab has heard of it

const wanted = (what) => {
  try { return localStorage.getItem(KEPT(what)) === "on"; } catch { return false; }
};
const want = (what, on) => {
  try { localStorage.setItem(KEPT(what), on ? "on" : "off"); return true; } catch { return false; }
};

// Two soft tones. False where the browser lets no sound be made.
const play = async () => {
  const audio = new AudioContext();
  await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 300))]);
  if (audio.state !== "running") { audio.close(); return false; }
  for (const [at, pitch] of [[0, 660], [0.14, 880]]) {
    const [tone, loud] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0, audio.currentTime + at);
    loud.gain.linearRampToValueAtTime(0.05, audio.currentTime + at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.3);
    tone.connect(loud).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.3);
  }
  setTimeout(() => audio.close(), 1000);
  return true;
};

const mayShow = () => "Notification" in window && Notification.permission === "granted";

const tell = (id, status) => {
  const card = document.querySelector(`[data-card][data-id="${id}"]`);
  if (wanted("sound")) play().catch(() => {});
  if (!wanted("notice") || !mayShow()) return;
  const words = status === "done" ? "Answered" : "Failed";
  try {
    const notice = new Notification(words, { body: card?.querySelector(".question")?.textContent.trim() ?? "", tag: `describer-${id}` });
    notice.onclick = () => { focus(); location.href = document.body.dataset.counted.replace("/0/card/", `/${id}/`); };
  } catch { /* some phones show none from a page */ }
};

document.addEventListener("live", ({ detail: { id, status } }) => {
  if (document.visibilityState !== "hidden" || !["done", "failed"].includes(status)) return;
  if (!navigator.locks) { tell(id, status); return; }
  navigator.locks.request(`notice-${id}`, { ifAvailable: true }, async (first) => { // one of all tabs
    if (!first) return;
    tell(id, status);
    await new Promise((done) => setTimeout(done, HELD));
  });
});

// The account page.
const NOT_SAFE = "This browser shows notices only over https, or on the site's own machine.";
const REFUSED = "The browser refuses notices from this site. Allow them in its settings for this address, then switch this on again.";
const NOT_ASKED = "The browser was given no answer. Switch this on again to be asked once more.";
const SILENT = "The browser let no sound be made.";
const UNKEPT = "The browser keeps nothing for this site, so that this cannot stay on.";

const refusal = async (what) => {
  if (what === "sound") return await play().catch(() => false) ? "" : SILENT;
  if (!("Notification" in window) || !isSecureContext) return NOT_SAFE;
  const answer = await Notification.requestPermission();
  return { granted: "", denied: REFUSED }[answer] ?? NOT_ASKED;
};

const form = document.querySelector("[data-notices]");
for (const box of form?.querySelectorAll("input") ?? []) {
  const words = form.querySelector(`[data-refused="${box.name}"]`);
  box.checked = wanted(box.name) && (box.name !== "notice" || mayShow());
  if (wanted(box.name) && !box.checked) words.textContent = REFUSED;
  box.addEventListener("change", async () => {
    words.textContent = box.checked ? await refusal(box.name) : "";
    box.checked &&= !words.textContent;
    if (!want(box.name, box.checked) && box.checked) { box.checked = false; words.textContent = UNKEPT; }
  });
}
