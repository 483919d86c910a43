// Keeps the page live: the server sends the whole content when something changed; here only what differs is exchanged,
// so that a reader's place, selection and focus stay.
"use strict";

const sections = ["needs", "only", "totals", "fleet", "helps", "enrolments"];
const lost = document.getElementById("lost");

function show(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  for (const id of sections) {
    const old = document.getElementById(id);
    const fresh = next.getElementById(id);
    if (old && fresh && old.innerHTML !== fresh.innerHTML) {
      old.replaceChildren(...fresh.childNodes);
    }
  }
}

const source = new EventSource(document.body.dataset.events);
source.addEventListener("content", (event) => {
  lost.hidden = true;
  show(JSON.parse(event.data));
});
// The browser tries again by itself; until then nobody may take old figures for new ones.
source.addEventListener("error", () => {
  lost.hidden = false;
  // Turned away for good: the sign-in is over, and the server says where to sign in again.
  if (source.readyState === EventSource.CLOSED) { location.reload(); }
});
