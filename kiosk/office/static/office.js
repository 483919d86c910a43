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

const asking = document.getElementById("asking");
// Where as many pages are told of changes as may be, this one asks; and now and then whether there is room again.
const ASK_MS = 15000;
const KNOCK_EVERY = 4;
let source = null;
let leaving = false;
let timer = 0;

function listen() {
  source = new EventSource(document.body.dataset.events);
  source.addEventListener("content", (event) => {
    lost.hidden = true;
    asking.hidden = true;
    show(JSON.parse(event.data));
  });
  // The browser tries again by itself; until then nobody may take old figures for new ones.
  source.addEventListener("error", () => {
    if (leaving) { return; }
    // Turned away with an answer: either there is no room, or the sign-in is over.
    if (source.readyState === EventSource.CLOSED) { ask(1); } else { lost.hidden = false; }
  });
}

async function ask(turn) {
  clearTimeout(timer);
  try {
    const answer = await fetch(`${document.body.dataset.events}&once`, { cache: "no-store" });
    // The sign-in is over: the server says where to sign in again.
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) { throw new Error(answer.statusText); }
    show(await answer.json());
    lost.hidden = true;
    asking.hidden = false;
  } catch {
    lost.hidden = false;
    asking.hidden = true;
  }
  if (leaving) { return; }
  timer = setTimeout(() => { if (turn % KNOCK_EVERY === 0) { listen(); } else { ask(turn + 1); } }, ASK_MS);
}

// Who signs out is told no more, and nothing must knock at a door that is being closed.
document.querySelector('form[action="/sign-out"]').addEventListener("submit", () => {
  leaving = true;
  clearTimeout(timer);
  source.close();
});
listen();
