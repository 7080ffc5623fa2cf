// What is done with many goes on by itself: the page's form is sent again and again until the site leads back to the list.

const TURN = 100; // so that others come to their turn

let stopped = false;

const step = async (form) => {
  const response = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  if (stopped) return null;
  if (response.type === "opaqueredirect") { location.replace(form.dataset.back); return null; }
  if (!response.ok) throw new Error(String(response.status));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.getElementById("bulk-step");
  // What is pressed stays pressed: the buttons are left, all else is told anew.
  for (const name of ["work", "csrfmiddlewaretoken"]) form.elements[name].value = next.elements[name].value;
  form.querySelector("progress").replaceWith(next.querySelector("progress"));
  form.querySelector("[role=status]").textContent = next.querySelector("[role=status]").textContent.trim();
  return form;
};

const run = async (form) => {
  const button = document.getElementById("bulk-continue");
  form.addEventListener("submit", () => { stopped = true; });
  button.hidden = true;
  try {
    while (form && !stopped) {
      await new Promise((done) => setTimeout(done, TURN));
      if (!stopped) form = await step(form);
    }
  } catch {
    button.hidden = false; // by hand, once the line is back
  }
};

const form = document.getElementById("bulk-step");
if (form) run(form);
