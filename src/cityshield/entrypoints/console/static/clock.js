// Clocks tick: how long something has waited, and how long until it is due. Without this file the server's words stand.

const TICK_MS = 1000;
const words = document.querySelector("#clock-words").dataset;
const ahead_s = Number(words.now) - Date.now() / 1000; // the server's clock counts, not this machine's

function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const said = days ? words.days : hours ? words.hours : words.minutes;
  return said.replace("{d}", days).replace("{h}", days ? hours % 24 : hours).replace("{m}", minutes % 60);
}

function tell(clock, now) {
  const left = Date.parse(clock.dateTime) / 1000 - now;
  const isLate = left <= 0;
  const time = span(Math.abs(left));
  const isDue = clock.dataset.clock === "due";
  const said = isDue ? (isLate ? words.late : words.left).replace("{t}", time) : time;
  if (isDue) clock.classList.toggle("late", isLate);
  if (clock.textContent !== said) clock.textContent = said;
}

setInterval(() => {
  const now = Date.now() / 1000 + ahead_s;
  for (const clock of document.querySelectorAll("time[data-clock]")) tell(clock, now);
}, TICK_MS);
