// The page says what it shows and does in attributes, and this script only connects them with the dock:
//   data-do        a touch sends this action            data-toggle    a touch sends this action with the other value
//   data-pressed   pressed while path=value             data-when      seen while path=value
//   data-enabled   can be touched while path=value      data-text      shows the value of this path
"use strict";

const all = (selector) => [...document.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);
const problem = one("problem");
let shown = null;
let held = false;

function valueAt(state, path) {
  return path.split(".").reduce((part, name) => part?.[name], state);
}

function holds(state, condition) {
  const at = condition.indexOf("=");
  return String(valueAt(state, condition.slice(0, at)) ?? "") === condition.slice(at + 1);
}

function widened(state) {
  const finger = state.screen.finger ?? "";
  return {
    ...state,
    asked: state.connected && !state.screen.busy ? finger : "",
    lain: state.finger !== "",
    card_there: state.card !== "",
    card_of: state.which === "own" ? state.citizen : "",
    own_card: state.which === "own" ? state.card : "",
    ring_percent: `${Math.round(state.ring * 100)} %`,
    battery_percent: `${state.battery} %`,
    received: state.receipts.length > 0,
    last_receipt: state.receipts.at(-1) ?? "",
  };
}

function showGlass(state) {
  const glass = one("glass");
  glass.hidden = state.finger === "";
  if (state.finger !== "" && state.print !== shown?.print) {
    glass.src = `glass.png?${state.print}`;
  }
}

function show(news) {
  const state = widened(news);
  for (const element of all("[data-text]")) {
    const text = String(valueAt(state, element.dataset.text) ?? "");
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of all("[data-when]")) element.hidden = !holds(state, element.dataset.when);
  for (const element of all("[data-enabled]")) element.disabled = !holds(state, element.dataset.enabled);
  for (const element of all("[data-pressed]")) {
    const name = element.getAttribute("role") === "switch" ? "aria-checked" : "aria-pressed";
    element.setAttribute(name, String(holds(state, element.dataset.pressed)));
  }
  for (const element of all("[data-asked]")) {
    element.classList.toggle("asked", state.asked === element.dataset.asked);
    element.disabled = state.missing.includes(element.dataset.finger);
  }
  showGlass(state);
  one("lamp").classList.toggle("lit", state.lit);
  one("ring").style.opacity = 0.12 + 0.88 * state.ring;
  if (!held) one("battery").value = state.battery;
  shown = state;
  document.body.dataset.live = "true";
}

async function send(action) {
  problem.hidden = true;
  let answer;
  try {
    answer = await fetch("do", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(action),
    });
  } catch {
    return; // The live state has gone as well, and the page says so.
  }
  const news = await answer.json();
  if (answer.ok) {
    show(news);
  } else {
    problem.textContent = news.error;
    problem.hidden = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.do) {
    send(JSON.parse(button.dataset.do));
  } else if (button?.dataset.toggle) {
    const { key, ...action } = JSON.parse(button.dataset.toggle);
    send({ ...action, [key]: button.getAttribute("aria-checked") !== "true" });
  }
});

const battery = one("battery");
battery.addEventListener("input", () => { held = true; });
battery.addEventListener("change", () => {
  held = false;
  send({ do: "power", percent: Number(battery.value) });
});

const source = new EventSource("events");
source.addEventListener("state", (event) => {
  one("lost").hidden = true;
  show(JSON.parse(event.data));
});
source.addEventListener("error", () => { one("lost").hidden = false; });
