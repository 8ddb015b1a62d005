// Progressive enhancement of the one public page. Without this file everything still works by a plain form.
// Nothing typed goes into the URL, the history, storage or a log.

const form = document.querySelector("#ask-form");
const text = form.querySelector("#text");
const file = form.querySelector("#file");
const progress = form.querySelector("#progress");
const clear = form.querySelector("#clear");
const box = form.querySelector(".box");
const PATIENCE_MS = 90_000;
let asking = null;
let answered = false;

const answer = () => document.querySelector("#answer");
const setPose = (cat, pose) => cat?.setAttribute("class", cat.getAttribute("class").replace(/cat--(?!small)\w+/, `cat--${pose}`));

function showTrouble(sentence) {
  const p = document.createElement("p");
  p.textContent = sentence;
  form.querySelector("#error").replaceChildren(...(sentence ? [p] : []));
}

function setLooking(looking) {
  for (const part of [form, answer()]) part.setAttribute("aria-busy", String(looking));
  progress.textContent = looking ? form.dataset.looking : "";
  setPose(document.querySelector(".perch .cat"), looking ? "curious" : "calm");
}

/** Take the named elements of the answered page over into this one; true if there is an answer to read. */
function takeOver(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (!page.querySelector("#answer")) return false;
  for (const id of ["answer", "ask-head", "error"]) {
    const fresh = page.getElementById(id);
    if (fresh) document.getElementById(id).replaceWith(document.adoptNode(fresh));
  }
  document.title = page.title;
  text.toggleAttribute("aria-invalid", page.querySelector("#text[aria-invalid]") !== null);
  return true;
}

function leadTheReader() {
  const heading = answer().querySelector(".headline");
  if (!heading) return text.focus();
  heading.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** Ask the shield, unless somebody here can answer: a message is judged in the browser. */
function askSomebody() {
  if (form.dispatchEvent(new CustomEvent("ask", { cancelable: true }))) ask();
}

async function ask() {
  if (asking) return;
  if (file.files[0]?.size > Number(form.dataset.maxBytes)) return showTrouble(form.dataset.large);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  asking = patience;
  showTrouble("");
  setLooking(true);
  let trouble = "";
  try {
    const reply = await fetch(form.action, {
      method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" },
      credentials: "same-origin", cache: "no-store", signal: patience.signal,
    });
    if (reply.status === 429) trouble = form.dataset.busy;
    else if (reply.status === 413) trouble = form.dataset.large;
    else if (reply.status >= 500 || !takeOver(await reply.text())) trouble = form.dataset.server;
  } catch {
    trouble = form.dataset.network;
  }
  clearTimeout(timer);
  if (asking !== patience) return;
  asking = null;
  setLooking(false);
  answered = true;
  if (trouble) return showTrouble(trouble);
  file.value = "";
  leadTheReader();
}

function takeFile(files) {
  if (!files?.length) return false;
  const one = new DataTransfer();
  one.items.add(files[0]);
  file.files = one.files;
  answered = false;
  progress.textContent = form.dataset.file.replace("{name}", files[0].name);
  return true;
}

form.addEventListener("submit", (event) => { event.preventDefault(); askSomebody(); });
form.addEventListener("ask-shield", ask);
form.addEventListener("pose", (event) => setPose(...event.detail));
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); askSomebody(); }
});

// A file of the question before is not sent along with the next one.
file.addEventListener("change", () => { answered = false; });
text.addEventListener("input", () => {
  if (answered) file.value = "";
  answered = false;
});

text.addEventListener("paste", (event) => { if (takeFile(event.clipboardData?.files)) event.preventDefault(); });
for (const kind of ["dragenter", "dragover"]) box.addEventListener(kind, (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  box.classList.add("box--over");
});
for (const kind of ["dragleave", "drop"]) box.addEventListener(kind, () => box.classList.remove("box--over"));
box.addEventListener("drop", (event) => { if (takeFile(event.dataTransfer?.files)) event.preventDefault(); });

clear.hidden = false;
clear.addEventListener("click", () => {
  asking?.abort();
  asking = null;
  setLooking(false);
  text.value = "";
  file.value = "";
  showTrouble("");
  answer().replaceChildren();
  form.dispatchEvent(new CustomEvent("reset-answer"));
  text.focus();
});

// "I did the safe thing" and "false alarm" need no server: their words are already in the page.
document.addEventListener("submit", (event) => {
  const did = event.submitter?.name === "did" && event.submitter.value;
  const after = did && answer().querySelector(`[data-after="${did}"]`);
  if (!after) return;
  event.preventDefault();
  const first = answer().querySelector(".first");
  const cat = first.querySelector(".portrait .cat");
  first.classList.add("level-benign");
  setPose(cat, "relieved");
  cat.querySelector("title").textContent = after.dataset.cat;
  first.querySelector(".words").replaceWith(after);
  after.hidden = false;
  after.querySelector(".headline").focus({ preventScroll: true });
  scrollTo({ top: 0 });
});
