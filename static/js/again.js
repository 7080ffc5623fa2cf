// "Ask again" and "Cancel" on a card, without leaving the page. Where that fails, the form goes its plain way.

const post = async (form) => {
  const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
  const id = /\/descriptions\/(\d+)\//.exec(new URL(response.url).pathname)?.[1];
  return response.ok ? id : undefined;
};

const show = async (id) => {
  const list = document.querySelector("[data-cards]");
  const response = await fetch(list.dataset.cards.replace("/0/", `/${id}/`), { headers: { "HX-Request": "true" } });
  if (!response.ok) return;
  const html = await response.text();
  const known = document.getElementById(`description-${id}`);
  if (known) known.outerHTML = html;
  else list.insertAdjacentHTML("afterbegin", html);
  list.closest("section").hidden = false;
  document.getElementById(`description-${id}`).scrollIntoView({ block: "nearest", behavior: "smooth" });
  document.dispatchEvent(new Event("cards"));
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-again], [data-cancel]")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  try {
    const id = await post(form);
    if (id) await show(id);
    else location.reload();
  } catch {
    document.dispatchEvent(new CustomEvent("toast", { detail: "The site cannot be reached; nothing was asked." }));
  } finally {
    delete form.dataset.busy;
  }
});
