// Judges messages in the browser, while they are typed and when they are asked about. Nothing is sent.
// Links and files still go to the shield, and so does everything where this module can't run.

const form = document.querySelector("#ask-form");
const text = form.querySelector("#text");
const file = form.querySelector("#file");
const live = form.querySelector("#live");
const template = document.querySelector("#local-answer").content;
const say = (name) => template.querySelector(`[data-say="${name}"]`).textContent;
const POSES = { benign: "calm", unknown: "curious", suspicious: "alert", malicious: "alarm" };
const setPose = (cat, pose) => form.dispatchEvent(new CustomEvent("pose", { detail: [cat, pose] }));
const PAUSE_MS = 150;
const LONGEST_LIVE = 4000;

let opening = null;
let tools = null;
let timer = 0;

// The reader and its pack are fetched once, when somebody is about to type.
function open() {
  opening ??= Promise.all([
    import(form.dataset.reader),
    fetch(form.dataset.pack, { credentials: "same-origin" }).then((reply) => reply.arrayBuffer()),
  ]).then(async ([module, bytes]) => {
    const reader = await module.openPack(new Uint8Array(bytes));
    const sentences = reader.sentences[document.documentElement.lang] ?? reader.sentences.en;
    tools = { reader, sentences, utf16: module.utf16 };
    judge();
  }).catch(() => { opening = null; });
  return opening;
}

// As the shield tells kinds apart (looks_like_link): an address, or a bare host with a top-level
// domain. Prose without blanks that holds an address is a message, and stays here.
const ADDRESS = /^(?:([a-z][a-z0-9+.-]*:[/\\]{2})(?:[^/?#\\@]*@)?)?([^/?#:@\\[\]\s]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#\\]\S*)?$/i;
const LABEL = /^(?!-)[\p{L}\p{M}\p{N}_-]{1,63}(?<!-)$/u;
const TOP_LEVEL = /^(?:[a-z]{2,}|xn--[a-z0-9-]+|рф|中国|中國|公司|网络|網絡|手机|网址|网站|在线|中文网|商城|商店|政务|公益|香港|台湾|台灣)$/i;
function isLink(value) {
  const [, scheme, host] = ADDRESS.exec(value) ?? [];
  if (host === undefined) return false;
  if (host.startsWith("[")) return true;
  const labels = host.replace(/\.$/, "").split(".");
  if (!labels.every((label) => LABEL.test(label))) return false;
  const quad = labels.length === 4 && labels.every((label) => /^[0-9]{1,3}$/.test(label) && label < 256);
  return Boolean(scheme) || quad || (labels.length > 1 && TOP_LEVEL.test(labels.at(-1)));
}
const isMessage = () => tools && !file.files.length && text.value.trim() !== "" && !isLink(text.value.trim());

function evidence(reading) {
  const found = reading.tells.map((tell) => ({ check: `messages.tells/${tell.name}`, weight: tell.weight, spans: tell.spans, card: `tells/${tell.name}` }));
  if (reading.type) found.push({ check: `messages.model/${reading.type}`, weight: reading.weight, spans: reading.spans, card: `types/${reading.type}`, other: "model" });
  if (reading.disguise) found.push({ check: "messages.disguised", weight: reading.disguise, spans: [], card: "disguised" });
  if (reading.ordinary && reading.level === "benign") found.push({ check: "messages.ordinary", weight: -300, spans: [], card: "ordinary" });
  return found.filter((item) => item.weight).sort((a, b) => b.weight - a.weight)
    .map((item) => ({ ...item, words: tools.sentences[item.card] ?? tools.sentences[item.other ?? "tells"] }));
}

function lead(reading, reasons) {
  const { sentences } = tools;
  const unknown = ["what", "why", "now"].map((field) => sentences[`unknown-message-${field}`]);
  if (reading.level !== "unknown") return reasons[0].words;
  if (reading.abstained) return [sentences[`abstained-${reading.abstained}`], unknown[1], unknown[2]];
  if (reasons.length && reasons[0].weight > 0) return [sentences["weak-message-what"], reasons[0].words[1], reasons[0].words[2]];
  return unknown;
}

function element(name, content, properties = {}) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...[content].flat());
  return made;
}

// The text in pieces, marked where reasons point to, each mark with the numbers of its reasons.
function marked(value, reasons, link) {
  const ranges = reasons.map((reason) => tools.utf16(value, reason.spans));
  const borders = [...new Set([0, value.length, ...ranges.flat(2)])].sort((a, b) => a - b);
  const pieces = [];
  for (let n = 1; n < borders.length; n++) {
    const [start, end] = [borders[n - 1], borders[n]];
    const numbers = ranges.flatMap((own, number) => own.some(([left, right]) => left <= start && end <= right) ? [number + 1] : []);
    const piece = value.slice(start, end);
    if (!numbers.length) pieces.push(piece);
    else pieces.push(element("mark", piece), ...(link ? numbers.map(link) : []));
  }
  return pieces;
}

const linkedNumber = (number) => element("sup", element("a", [element("span", `${say("reason")} `, { className: "hidden" }), String(number)], { href: `#reason-${number}` }));

function judge() {
  const value = text.value.slice(0, LONGEST_LIVE);
  if (!isMessage()) {
    live.hidden = true;
    if (tools) setPose(document.querySelector(".perch .cat"), "calm");
    return;
  }
  const reading = tools.reader.read(value);
  const reasons = evidence(reading);
  setPose(document.querySelector(".perch .cat"), reading.level === "unknown" && !reasons.length ? "calm" : POSES[reading.level]);
  live.className = `live level-${reading.level}`;
  const bad = reasons.filter((reason) => reason.weight > 0);
  const loud = reading.level === "suspicious" || reading.level === "malicious";
  const words = loud ? lead(reading, reasons) : null;
  const parts = [element("p", loud ? [element("strong", tools.sentences[`level-${reading.level}`]), ` ${words[0]}`] : say("typing"), { className: loud ? "live-word" : "fine" })];
  if (loud) {
    parts.push(element("p", words[2], { className: "live-now" }));
    parts.push(element("blockquote", marked(value, bad), { className: "message" }));
  }
  live.replaceChildren(...parts);
  live.hidden = false;
}

function answer() {
  clearTimeout(timer);
  const value = text.value.trim();
  const reading = tools.reader.read(value);
  const reasons = evidence(reading);
  const page = template.querySelector(".answer").cloneNode(true);
  const part = (selector) => page.querySelector(selector);
  const word = tools.sentences[`level-${reading.level}`];
  const [what, why, now] = lead(reading, reasons);
  const loud = reading.level === "suspicious" || reading.level === "malicious";
  const pose = POSES[reading.level];
  page.classList.add(`level-${reading.level}`);
  setPose(part(".portrait .cat"), pose);
  const title = part(".portrait .cat title");
  if (title) title.textContent = template.querySelector(`[data-cat="${pose}"]`).textContent;
  part(".word").textContent = word;
  part(".headline .hidden").textContent = `${say("spoken").replace("WORD", word)} `;
  part(".headline [data-is]").textContent = what;
  part(".why p").textContent = why;
  part(".now p").textContent = now;
  if (reading.level === "malicious") {
    part(".now").setAttribute("role", "alert");
    part(".coach").textContent = tools.sentences.coach;
    part(".coach").hidden = false;
  }
  if (!loud) for (const own of page.querySelectorAll(".did, [data-after]")) own.remove();
  part(".message").replaceChildren(...marked(value, reasons, linkedNumber));
  if (!reasons.length) part(".reasons").parentElement.remove();
  part(".reasons")?.replaceChildren(...reasons.map((reason, n) => {
    const tone = reason.weight < 0 ? "good" : "bad";
    const weight = `${reason.weight < 0 ? "" : "+"}${(reason.weight / 1000).toFixed(1)}`;
    const made = element("li", [
      element("span", String(n + 1), { className: "number", ariaHidden: "true" }),
      element("div", [
        element("p", [element("span", `${say(tone)} `, { className: "hidden" }), reason.words[0]], { className: "what" }),
        element("p", reason.words[1]),
        element("p", say("check").replace("CHECK", reason.check).replace("WEIGHT", weight), { className: "fine" }),
      ]),
    ], { id: `reason-${n + 1}`, className: `reason ${tone}`, tabIndex: -1 });
    return made;
  }));
  const normal = tools.reader.normalize(value);
  const links = tools.reader.links(normal.text).map(([start, end]) => normal.span(start, end));
  if (links.length) {
    part(".links").hidden = false;
    part(".links button").addEventListener("click", () => {
      text.value = tools.utf16(value, links).map(([start, end]) => value.slice(start, end)).join("\n");
      live.hidden = true;
      form.dispatchEvent(new CustomEvent("ask-shield"));
    });
  }
  if (value.length > 100000) part(".unread").hidden = false;
  document.querySelector("#answer").replaceChildren(page);
  document.title = `${word} · ${document.title.replace(/^.* · (?=.* · )/, "")}`;
  live.hidden = true;
  live.replaceChildren();
  part(".headline").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

// Whoever asks too early is answered as soon as the reader is there.
form.addEventListener("ask", (event) => {
  if (file.files.length || !text.value.trim() || isLink(text.value.trim())) return;
  event.preventDefault();
  if (tools) answer();
  else open().then(() => (tools ? answer() : form.dispatchEvent(new CustomEvent("ask-shield"))));
});
text.addEventListener("input", () => {
  open();
  clearTimeout(timer);
  timer = setTimeout(judge, PAUSE_MS);
});
text.addEventListener("focus", open, { once: true });
form.addEventListener("reset-answer", judge);
if (text.value.trim()) open();
