// Three small helps; every page works without them.
"use strict";

// Copy buttons appear only where a script can copy.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const label = button.querySelector("span");
    const before = label.textContent;
    label.textContent = (await copyText(button.dataset.copy)) ? button.dataset.done : button.dataset.failed;
    setTimeout(() => { label.textContent = before; }, 2500);
  });
}

async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by the browser: the older way may still do.
    }
  }
  const box = document.createElement("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  return copied;
}

// A form that was sent is not sent twice by an impatient finger.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    const button = form.querySelector("button[type=submit]");
    if (button.getAttribute("aria-busy") === "true") event.preventDefault();
    button.setAttribute("aria-busy", "true");
  });
}
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button[type=submit][aria-busy]")) button.removeAttribute("aria-busy");
});

// A page that waits asks for its state and shows itself anew only when that changed.
const waiting = document.querySelector("[data-poll]");
if (waiting) {
  const started = Date.now();
  const ask = async () => {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(waiting.dataset.poll, { headers: { Accept: "application/json" } });
        if (answer.ok && (await answer.json()).state !== waiting.dataset.state) return location.reload();
        if (answer.status === 404) return undefined;
      } catch {
        // No network for a moment: ask again.
      }
    }
    return setTimeout(ask, Date.now() - started < 60000 ? 3000 : 10000);
  };
  setTimeout(ask, 3000);
}
