// Keys for the console: one letter each, never while somebody types, and they can be turned off.
// A page of its own says what its keys do by the event "key"; else `data-key` names what a key presses.

const STORE = "cityshield-keys";
const dialog = document.querySelector("#keys");
const help = document.querySelector("#show-keys");
const on = document.querySelector("#keys-on");

const isTyping = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

function press(key) {
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.matches("button, a")) target.click();
  else target.focus();
  return true;
}

function showKeys() {
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!on.checked || dialog.open || isTyping(event.target)) return;
  if (event.key === "?") showKeys();
  else {
    const ours = new CustomEvent("key", { cancelable: true, detail: { key: event.key, target: event.target } });
    if (document.dispatchEvent(ours) && !press(event.key)) return;
  }
  event.preventDefault();
});

function showHints() {
  for (const hint of document.querySelectorAll("kbd.hint")) hint.hidden = !on.checked;
}

on.checked = localStorage.getItem(STORE) !== "off";
on.addEventListener("change", () => {
  localStorage.setItem(STORE, on.checked ? "on" : "off");
  showHints();
});
showHints();
help.hidden = false;
help.addEventListener("click", showKeys);
