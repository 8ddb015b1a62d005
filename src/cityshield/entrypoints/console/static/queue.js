// The queue: filtered while somebody types, and worked through by keys. Without this file its forms do the same.

const PAUSE_MS = 200;
const filter = document.querySelector("#filter");
const form = document.querySelector("#rows");
const text = document.querySelector("#f-text");
const chosen = document.querySelector("#chosen");
let timer = 0;
let asked = null;

const rows = () => [...form.querySelectorAll("tbody tr")];
const boxes = () => [...form.querySelectorAll("input[name=d]")];
const current = () => rows().find((row) => row.contains(document.activeElement)) ?? form.querySelector("tr.current");

/** Make a row the one that keys act on. */
function goTo(row) {
  for (const other of rows()) other.classList.toggle("current", other === row);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  const place = all.indexOf(current());
  goTo(all[place < 0 ? 0 : Math.min(all.length - 1, Math.max(0, place + by))]);
}

function tell() {
  const count = boxes().filter((box) => box.checked).length;
  if (chosen) chosen.textContent = count ? `${chosen.dataset.some} ${count}` : chosen.dataset.none;
  const all = form.querySelector("#all");
  if (all) {
    all.hidden = false;
    all.checked = count > 0 && count === boxes().length;
    all.indeterminate = count > 0 && !all.checked;
  }
}

function choose(row) {
  const box = row?.querySelector("input[name=d]");
  if (box) box.checked = !box.checked;
  tell();
}

/** Go to the page that asks once more: about what is chosen, else about the current row. */
function act(what) {
  const button = form.querySelector(`button[value=${what}]`);
  if (!button) return;
  if (!boxes().some((box) => box.checked)) {
    const box = current()?.querySelector("input[name=d]");
    if (!box) return;
    box.checked = true;
  }
  form.requestSubmit(button);
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => choose(current() ?? rows()[0]),
  a: () => act("approve"),
  r: () => act("end"),
  "/": () => text.select(),
};

document.addEventListener("key", (event) => {
  const { key, target } = event.detail;
  const own = key === "Enter" && target.matches("tr") ? () => target.querySelector("a.open").click() : KEYS[key];
  if (!own) return;
  own();
  event.preventDefault();
});

/** Show what fits the filter now; what was chosen and is still there stays chosen. */
async function look() {
  asked?.abort();
  asked = new AbortController();
  const address = `${filter.getAttribute("action")}?${new URLSearchParams(new FormData(filter))}`;
  form.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(address, { credentials: "same-origin", cache: "no-store", signal: asked.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const found = page.querySelector("#found");
    if (!reply.ok || !found) return location.assign(address); // signed out meanwhile: the server says what to do
    const kept = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    document.querySelector("#found").replaceWith(document.adoptNode(found));
    for (const box of boxes()) box.checked = kept.has(box.value);
    history.replaceState(null, "", address);
    tell();
    form.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name !== "AbortError") form.removeAttribute("aria-busy");
  }
}

filter.addEventListener("input", (event) => {
  clearTimeout(timer);
  timer = setTimeout(look, event.target === text ? PAUSE_MS : 0);
});
filter.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  look().then(() => goTo(rows()[0]));
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault(); // which would empty the field
  goTo(current() ?? rows()[0]);
});
form.addEventListener("change", (event) => {
  if (event.target.id === "all") for (const box of boxes()) box.checked = event.target.checked;
  tell();
});
form.addEventListener("focusin", (event) => {
  const row = event.target.closest("tbody tr");
  if (row) for (const other of rows()) other.classList.toggle("current", other === row);
});
tell();
