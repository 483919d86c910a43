// Keeps the page live: the server sends the whole content when something changed; here only what differs is exchanged,
// so that a reader's place and selection stay, and the focus stays on what it was on.
"use strict";

const lost = document.getElementById("lost");

function exchange(old, fresh) {
  const held = document.activeElement;
  const link = held && old.contains(held) ? held.getAttribute("href") : null;
  old.replaceChildren(...fresh.childNodes);
  if (link) {
    const again = old.querySelector(`a[href="${CSS.escape(link)}"]`);
    if (again) { again.focus({ preventScroll: true }); }
  }
}

function show(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  for (const fresh of next.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (old && old.innerHTML !== fresh.innerHTML) { exchange(old, fresh); }
  }
}

const source = new EventSource(document.body.dataset.events);
source.addEventListener("content", (event) => {
  lost.hidden = true;
  show(JSON.parse(event.data));
});
// Who signs out is told no more, and the stream must not knock at a door that is being closed.
document.querySelector('form[action="/sign-out"]').addEventListener("submit", () => { source.close(); });
// The browser tries again by itself; until then nobody may take old figures for new ones.
source.addEventListener("error", () => {
  lost.hidden = false;
  // Turned away for good: the sign-in is over, and the server says where to sign in again.
  if (source.readyState === EventSource.CLOSED) { location.reload(); }
});
