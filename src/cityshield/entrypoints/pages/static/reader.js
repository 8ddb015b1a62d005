// Reads messages by the tables of a pack, as guards/messages does in Python: same level, same score,
// same words. A plain module with typed arrays: no dependency, no WebAssembly, no eval, no network.
//
//   const reader = await openPack(bytes);            // or openPack(bytes, { key: "ab12..." })
//   const reading = reader.read("text");             // { level, score, tells, spans, ... }
//   const talk = reader.readTurns(["hi", "text"]);   // a chat: peak and trend
//
// Ranges are code points of the original text; `utf16(text, ranges)` turns them into string offsets.

const MAGIC = "CSPACK\u0000";
const FORMAT = 3;
const SIGNATURE_BYTES = 64;
const LARGEST_SECTION_BYTES = 32 << 20;
export const MAX_CHARACTERS = 100000;

// ---- the pack --------------------------------------------------------------------------------

export class PackError extends Error {}

// Take a pack apart. With `key` (hexadecimal) the signature must be by that key; with `today`
// (YYYY-MM-DD) it must not have expired; with `least` its version must not be lower.
export async function readPack(bytes, { key, today, least } = {}) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = String.fromCharCode(...bytes.subarray(0, 7));
  if (bytes.length < 12 || start !== MAGIC) throw new PackError("foreign");
  if (bytes[7] !== FORMAT) throw new PackError("format");
  const size = view.getUint32(8, true);
  let place = 12 + size + SIGNATURE_BYTES;
  if (place > bytes.length) throw new PackError("damaged: header");
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(12, 12 + size)));
  } catch {
    throw new PackError("damaged: header");
  }
  if (key !== undefined) {
    await verify(bytes.subarray(0, 12 + size), bytes.subarray(12 + size, place), header.key, key);
  }
  if (today !== undefined && today > header.expires) throw new PackError("expired");
  if (least !== undefined && header.version < least) throw new PackError("older");
  const sections = {};
  for (const item of header.sections) {
    if (place + 4 > bytes.length) throw new PackError(`damaged: ${item.name}`);
    const end = place + 4 + view.getUint32(place, true);
    sections[item.name] = await inflate(bytes.subarray(place + 4, end), item);
    place = end;
  }
  if (place !== bytes.length) throw new PackError("damaged: end");
  return { header, sections };
}

async function verify(signed, signature, named, key) {
  if (named !== key) throw new PackError("key");
  if (!globalThis.crypto?.subtle) throw new PackError("no Ed25519 here: use a secure context");
  const raw = Uint8Array.from(key.match(/../g), (digits) => parseInt(digits, 16));
  const imported = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", imported, signature, signed))) {
    throw new PackError("signature");
  }
}

async function inflate(packed, item) {
  if (!(item.size >= 0 && item.size <= LARGEST_SECTION_BYTES)) throw new PackError(`damaged: ${item.name}`);
  const out = new Uint8Array(item.size);
  let filled = 0;
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const source = stream.getReader();
    for (;;) {
      const { done, value } = await source.read();
      if (done) break;
      if (filled + value.length > out.length) throw new PackError("size");
      out.set(value, filled);
      filled += value.length;
    }
  } catch {
    throw new PackError(`damaged: ${item.name}`);
  }
  if (filled !== out.length) throw new PackError(`damaged: ${item.name}`);
  if (globalThis.crypto?.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", out));
    const shown = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (shown !== item.sha256) throw new PackError(`damaged: ${item.name}`);
  }
  return out;
}

export async function openPack(bytes, checks) {
  const { header, sections } = await readPack(bytes, checks);
  return new Reader(sections, header);
}

// ---- characters of a normal form ---------------------------------------------------------------

const isIdeograph = (c) => c >= "\u3400" && c <= "\u9fff";
const isLatin = (c) => c >= "a" && c <= "z";
const isDigit = (c) => c >= "0" && c <= "9";
const isWord = (c) => isLatin(c) || isDigit(c) || (c >= "\u00b5" && c <= "\u1fff") || (c >= "\u3040" && c <= "\ufdff");

const INVISIBLE = "";
const SOFT = "\u0001";
const MARK = "\u0002";
const BETWEEN_IDEOGRAPHS = new Set(" .-/\\_+=#");
const LEET = new Map(Object.entries({ 0: "o", 1: "i", 3: "e", 4: "a", 5: "s", 7: "t", 8: "b", "@": "a", $: "s" }));
const NUMERALS = new Map([
  ...[..."零一二三四五六七八九"].map((c, n) => [c, String(n)]),
  ...[..."壹贰叁肆伍陆柒捌玖"].map((c, n) => [c, String(n + 1)]),
]);
const LINK_BEFORE = new Set("./:@#?=&_%");
const LINK_AFTER = new Set(".,/:_?=&%");
const WORD_BEFORE = new Set(" \n'\"(-");
const UNITS = new Set("十百千万亿第");
const FEWEST_SPACED = 5;
const FEWEST_DOTS = 4;
const LETTERS_A_DOT = 5;
const FEWEST_LETTERS = 2;
const MOST_LEET = 2;
const FEWEST_LEET = 3, FULL_OF_LEET = 8;
const MOST_AT_EDGES = [1, 3];
const AFTER_APOSTROPHE = new Set("753");
const LEET_WORDS = new Set(["4", "70", "47", "15", "17", "50", "45"]);
const AMOUNT = new RegExp("^\\$?[0-9]*(?:1st|2nd|3rd|[0-9]th|[0-9][0-9]s|[0-9](?:[ap]m|[bgkphlx]|[km]g|[gmt]b|[mck]m|ml|oz" +
  "|mins?|hrs?|days?|wks?|yrs?|lbs?)?)$");

function beyond(code) {
  if (code >= 0x1f000 && code <= 0x1fbff) return SOFT;
  return String.fromCharCode(0xe000 + (code & 0xfff));
}

// ---- the normal form -----------------------------------------------------------------------------

class Fold {
  constructor(table) {
    this.low = new Array(0x10000); // what each character of the BMP is read as, where it changes
    this.high = new Map();
    const values = table.values.split("\0");
    let number = 0;
    for (const character of table.keys) this.set(character.codePointAt(0), values[number++]);
    for (const [first, last, value] of table.ranges) {
      for (let code = first; code <= last; code++) this.set(code, value);
    }
    this.syllables = new Map(Object.entries(table.syllables));
    this.words = new Set(table.words);
    this.pairs = new Set();
    for (let place = 0; place < table.pairs.length; place += 2) this.pairs.add(table.pairs.slice(place, place + 2));
    this.byFirst = new Map();
    for (const [spelling, plain] of table.phrases) {
      const found = this.byFirst.get(spelling[0]);
      if (found) found.push([spelling, plain]);
      else this.byFirst.set(spelling[0], [[spelling, plain]]);
    }
  }

  set(code, value) {
    if (code <= 0xffff) this.low[code] = value;
    else this.high.set(code, value);
  }

  of(code) {
    if (code <= 0xffff) return this.low[code] ?? String.fromCharCode(code);
    return this.high.get(code) ?? beyond(code);
  }
}

class Normal {
  constructor(original, fold, most) {
    this.out = [];
    this.starts = [];
    this.ends = [];
    this.hidden = this.split = this.spaced = this.disguised = this.leet = this.marks = this.phrases = 0;
    this.fold(original, fold, most);
    this.join();
    this.readDigits();
    this.readPinyin(fold);
    this.replacePhrases(fold);
    this.text = this.out.join("");
  }

  span(start, end) {
    return [this.starts[start], this.ends[end - 1]];
  }

  fold(original, fold, most) {
    const { out, starts, ends } = this;
    let unseen = 0, soft = 0, marks = 0, last = "", index = -1;
    for (let unit = 0; unit < original.length; unit++) {
      const code = original.codePointAt(unit);
      if (code > 0xffff) unit++;
      index++;
      if (index >= most) break;
      const folded = fold.of(code);
      if (folded === INVISIBLE || (code >= 0xd800 && code <= 0xdfff)) {
        unseen++;
        continue;
      }
      if (folded === SOFT) {
        soft++;
        continue;
      }
      if (folded === MARK) {
        marks++;
        if (marks > 1) this.marks++;
        if (out.length) ends[ends.length - 1] = index + 1;
        continue;
      }
      marks = 0;
      const first = folded[0];
      const size = out.length;
      if (first === " " && (!size || last === "\n" || (last === " " && size > 1 && out[size - 2] === " "))) continue;
      if (isIdeograph(first)) {
        if (BETWEEN_IDEOGRAPHS.has(last)) this.closeGap();
        else if (soft && isIdeograph(last)) this.split++;
        if (unseen && isIdeograph(last)) this.hidden += unseen;
      } else if (isLatin(first)) {
        if ((soft || unseen) && isLatin(last)) {
          if (soft) this.split++;
          this.hidden += unseen;
        }
        if (folded.length === 1 && code > 0x24f && !(code >= 0xff00 && code <= 0xffef)) this.disguised++;
      }
      unseen = soft = 0;
      for (const item of folded) {
        out.push(item);
        starts.push(index);
        ends.push(index + 1);
      }
      last = folded[folded.length - 1];
    }
    while (out.length && out[out.length - 1] === " ") this.cut(out.length - 1);
  }

  cut(size) {
    this.out.length = this.starts.length = this.ends.length = size;
  }

  closeGap() {
    const { out } = this;
    let place = out.length;
    while (place && BETWEEN_IDEOGRAPHS.has(out[place - 1])) place--;
    if (place && isIdeograph(out[place - 1])) {
      let blank = true;
      for (let number = place; number < out.length; number++) blank = blank && out[number] === " ";
      if (blank) this.spaced++;
      else this.split++;
      this.cut(place);
    }
  }

  join() {
    const drop = new Set();
    this.joinSpaced(drop);
    this.joinDotted(drop);
    if (!drop.size) return;
    const kept = (values) => values.filter((_, place) => !drop.has(place));
    this.out = kept(this.out);
    this.starts = kept(this.starts);
    this.ends = kept(this.ends);
  }

  standsAlone(place) {
    const { out } = this;
    return place < out.length && out[place] > " " && (place === 0 || out[place - 1] <= " ") &&
      (place + 1 === out.length || out[place + 1] <= " ");
  }

  joinSpaced(drop) {
    const { out } = this;
    const length = out.length;
    let place = 0;
    while (place < length) {
      if (out[place] === " " && place && out[place - 1] === " ") drop.add(place);
      if (!this.standsAlone(place)) {
        place++;
        continue;
      }
      const single = [];
      let count = 1, letters = Number(isLatin(out[place])), last = place;
      while (last + 1 < length && out[last + 1] === " ") {
        const after = last + 2 >= length || out[last + 2] !== " " ? last + 2 : last + 3;
        if (!this.standsAlone(after)) break;
        if (after === last + 2) single.push(last + 1);
        else drop.add(last + 2);
        count++;
        letters += Number(isLatin(out[after]));
        last = after;
      }
      if (count >= FEWEST_SPACED && letters * 2 >= count) {
        this.spaced += count;
        for (const blank of single) drop.add(blank);
      }
      place = last + 1;
    }
  }

  joinDotted(drop) {
    const { out } = this;
    const dots = [];
    for (let place = 1; place < out.length - 1; place++) {
      if (out[place] === "." && isLatin(out[place - 1]) && isLatin(out[place + 1])) dots.push(place);
    }
    if (dots.length < FEWEST_DOTS) return;
    let letters = 0;
    for (const item of out) letters += Number(isLatin(item));
    if (dots.length * LETTERS_A_DOT >= letters) {
      this.split += dots.length;
      for (const place of dots) drop.add(place);
    }
  }

  readDigits() {
    this.readDigitsOnce(0);
    if (this.leet >= FEWEST_LEET) this.readDigitsOnce(MOST_AT_EDGES[Number(this.leet >= FULL_OF_LEET)]);
  }

  readDigitsOnce(edges) {
    const { out } = this;
    const length = out.length;
    let place = 0;
    while (place < length) {
      const item = out[place];
      let end = place + 1;
      if (NUMERALS.has(item)) {
        while (end < length && NUMERALS.has(out[end])) end++;
        const besideUnit = (place && UNITS.has(out[place - 1])) || (end < length && UNITS.has(out[end]));
        if (end - place > 1 && !besideUnit) {
          for (let number = place; number < end; number++) out[number] = NUMERALS.get(out[number]);
        }
      } else if (isLatin(item) || LEET.has(item)) {
        while (end < length && (isLatin(out[end]) || LEET.has(out[end]))) end++;
        this.readLeet(place, end, edges);
      }
      place = end;
    }
  }

  readLeet(start, end, edges) {
    const { out } = this;
    let letters = [];
    let masked = true;
    for (let place = start; place < end; place++) {
      if (isLatin(out[place])) {
        letters.push(place);
        masked = masked && out[place] === "x";
      }
    }
    if (letters.length === end - start || (start && LINK_BEFORE.has(out[start - 1]))) return;
    if (end + 1 < out.length && LINK_AFTER.has(out[end]) && isWord(out[end + 1])) return;
    if (letters.length && masked) return;
    let most = MOST_LEET;
    if (edges) {
      if ((start && !WORD_BEFORE.has(out[start - 1])) || (end < out.length && isWord(out[end]))) return;
      const word = out.slice(start, end).join("");
      let readable;
      if (start && out[start - 1] === "'" && !letters.length) readable = AFTER_APOSTROPHE.has(word);
      else if (letters.length) readable = !AMOUNT.test(word);
      else readable = edges > 1 && LEET_WORDS.has(word) && !(end < out.length && out[end] === "%");
      if (!readable) return;
      letters = [start - 1, ...letters, end];
      most = edges;
    } else if (letters.length < FEWEST_LETTERS) return;
    for (let number = 1; number < letters.length; number++) {
      const left = letters[number - 1], right = letters[number];
      if (right - left > 1 && right - left <= most + 1) {
        for (let place = left + 1; place < right; place++) {
          out[place] = LEET.get(out[place]);
          this.leet++;
        }
      }
    }
  }

  // Syllables beside ideographs become the ideographs they most likely stand for.
  readPinyin(fold) {
    this.replace(readPinyin(this.out, fold));
  }

  replacePhrases(fold) {
    const { out } = this;
    const found = [];
    for (let place = 0; place < out.length; place++) {
      for (const [spelling, plain] of fold.byFirst.get(out[place]) ?? []) {
        const end = place + spelling.length;
        if (end > out.length) continue;
        let same = true;
        for (let number = 1; same && number < spelling.length; number++) same = out[place + number] === spelling[number];
        if (same && !(isLatin(spelling[0]) && place && isLatin(out[place - 1])) &&
            !(isLatin(spelling[spelling.length - 1]) && end < out.length && isLatin(out[end]))) {
          found.push([place, end, plain]);
          place = end - 1;
          break;
        }
      }
    }
    this.replace(found);
  }

  // Put each text in place of its range, in one pass; new characters cover the whole range.
  replace(found) {
    this.phrases += found.length;
    if (!found.length) return;
    const { out, starts, ends } = this;
    const text = [], from = [], to = [];
    let done = 0;
    for (const [start, end, plain] of found) {
      for (; done < start; done++) text.push(out[done]), from.push(starts[done]), to.push(ends[done]);
      for (const item of plain) text.push(item), from.push(starts[start]), to.push(ends[end - 1]);
      done = end;
    }
    for (; done < out.length; done++) text.push(out[done]), from.push(starts[done]), to.push(ends[done]);
    this.out = text;
    this.starts = from;
    this.ends = to;
  }
}

// ---- pinyin --------------------------------------------------------------------------------------

const LONGEST_PINYIN = 30;
const LONGEST_SYLLABLE = 6;
const MOST_STEPS = 300000;
const PAIR = 8, SYLLABLE = -3;
const OF_ADDRESS = new Set("./:@?=&%_-");

function readPinyin(out, fold) {
  const found = [];
  const { length } = out;
  let place = 0, steps = MOST_STEPS;
  const goesOn = (at) => at < length && (isLatin(out[at]) || isDigit(out[at]));
  while (place < length && steps > 0) {
    if (!isLatin(out[place])) {
      place++;
      continue;
    }
    const start = place;
    while (place < length && isLatin(out[place])) place++;
    const before = start ? out[start - 1] : " ";
    const after = place < length ? out[place] : " ";
    const left = isIdeograph(before) ? before : "";
    const right = isIdeograph(after) ? after : "";
    const size = place - start;
    if (!(left || right) || size < 2 || size > LONGEST_PINYIN) continue;
    if (OF_ADDRESS.has(before) || (OF_ADDRESS.has(after) && goesOn(place + 1))) continue;
    const run = out.slice(start, place).join("");
    if (fold.words.has(run)) {
      // A word that is a syllable too is read when it makes a known pair on both sides.
      const own = left && right ? fold.syllables.get(run) ?? "" : "";
      const fits = (ideograph) => fold.pairs.has(left + ideograph) && fold.pairs.has(ideograph + right);
      const ideograph = [...own].find(fits);
      if (ideograph !== undefined) found.push([start, place, ideograph]);
      continue;
    }
    steps -= readRun(run, start, left, right, fold, found);
  }
  return found;
}

// A Viterbi search: for each place and last ideograph [score, pairs known, start, ideograph before].
// Adds what to read to `found`; gives the steps that it took.
function readRun(run, start, left, right, fold, found) {
  const { syllables, pairs } = fold;
  let steps = run.length;
  const states = Array.from({ length: run.length + 1 }, () => new Map());
  states[0].set(left, [0, 0, 0, ""]);
  for (let place = 0; place < run.length; place++) {
    const here = states[place];
    if (!here.size) continue;
    const furthest = Math.min(place + LONGEST_SYLLABLE, run.length);
    for (let end = place + 1; end <= furthest; end++) {
      const candidates = syllables.get(run.slice(place, end)) ?? "";
      steps += candidates.length * here.size;
      for (const ideograph of candidates) {
        for (const [before, state] of here) {
          const known = Number(pairs.has(before + ideograph));
          const score = state[0] + SYLLABLE + PAIR * known;
          const best = states[end].get(ideograph);
          if (best === undefined || score > best[0]) {
            states[end].set(ideograph, [score, state[1] + known, place, before]);
          }
        }
      }
    }
  }
  let last = "", top = 0;
  for (const [ideograph, state] of states[run.length]) {
    const known = Number(pairs.has(ideograph + right));
    const score = state[0] + PAIR * known;
    if (state[1] + known && (!last || score > top)) {
      last = ideograph;
      top = score;
    }
  }
  const first = found.length;
  let end = run.length;
  while (end && last) {
    const [, , from, before] = states[end].get(last);
    found.splice(first, 0, [start + from, start + end, last]);
    end = from;
    last = before;
  }
  return steps;
}

// ---- tells ---------------------------------------------------------------------------------------

const NEXT = 3;
const NEAR = 12;
const STATES_KEPT = 3;
const HITS_KEPT = 8;
const QUIET_REACH = 60;
const WORDS_APART = 3;
const SILENCER = "!";

class Patterns {
  constructor(table) {
    this.names = table.names;
    this.patterns = table.patterns;
    this.trie = new Map();
    const placesOf = new Map();
    const byEntity = new Map();
    table.patterns.forEach(([, slots], number) => {
      slots.forEach(([, words, entity], place) => {
        for (const word of words) {
          if (!placesOf.has(word)) placesOf.set(word, []);
          placesOf.get(word).push([number, place]);
        }
        if (entity) {
          if (!byEntity.has(entity)) byEntity.set(entity, []);
          byEntity.get(entity).push([number, place]);
        }
      });
    });
    for (const [word, places] of placesOf) this.add(table.words[word], places);
    this.entities = [...byEntity].map(([name, places]) => [new RegExp(table.entities[name], "g"), places]);
  }

  add(word, places) {
    const prefix = word.endsWith("*");
    const text = word.replace(/\*+$/, "");
    let node = this.trie;
    for (const character of text) {
      if (!node.has(character)) node.set(character, new Map());
      node = node.get(character);
    }
    if (!node.ends) node.ends = [];
    node.ends.push([prefix, places]);
  }

  occurrences(text) {
    const events = [];
    for (let start = 0; start < text.length; start++) {
      let node = this.trie.get(text[start]);
      if (!node || (start && isLatin(text[start]) && isLatin(text[start - 1]))) continue;
      for (let end = start + 1; node; end++) {
        if (node.ends) {
          const goesOn = end < text.length && isLatin(text[end - 1]) && isLatin(text[end]);
          for (const [prefix, places] of node.ends) {
            if (prefix || !goesOn) for (const [number, place] of places) events.push([end, start, number, place]);
          }
        }
        node = end < text.length ? node.get(text[end]) : undefined;
      }
    }
    for (const [shape, places] of this.entities) {
      for (const match of text.matchAll(shape)) {
        const end = match.index + match[0].length;
        for (const [number, place] of places) events.push([end, match.index, number, place]);
      }
    }
    return events.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]);
  }

  find(text) {
    const found = new Map();
    const waiting = new Map();
    let ends;
    for (const [end, start, number, place] of this.occurrences(text)) {
      const [name, slots] = this.patterns[number];
      let path;
      if (place === 0) path = [[start, end]];
      else {
        const before = waiting.get(number * 64 + place - 1);
        if (!before) continue;
        const reach = slots[place][0];
        for (const earlier of before) {
          const left = earlier[earlier.length - 1][1];
          if (start < left || start - left > reach) continue;
          if (reach === NEXT && !onlyMarks(text, left, start)) continue;
          if (reach === NEAR && crosses((ends ??= sentenceEnds(text)), left, start)) continue;
          path = [...earlier, [start, end]];
          break;
        }
        if (!path) continue;
      }
      if (place === slots.length - 1) {
        const known = found.get(this.names[name]);
        if (!known) found.set(this.names[name], [path]);
        else if (known.length < HITS_KEPT) known.push(path);
      } else {
        const key = number * 64 + place;
        const kept = waiting.get(key);
        if (!kept) waiting.set(key, [path]);
        else {
          kept.unshift(path);
          if (kept.length > STATES_KEPT) kept.pop();
        }
      }
    }
    return found;
  }
}

function onlyMarks(text, start, end) {
  for (let place = start; place < end; place++) if (isWord(text[place])) return false;
  return true;
}

function sentenceEnds(text) {
  return Array.from(text.matchAll(/[。!?\n]|\.(?=[ \n]|$)/g), (match) => match.index);
}

function crosses(ends, start, end) {
  let low = 0, high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] < start) low = middle + 1;
    else high = middle;
  }
  return low < ends.length && ends[low] < end;
}

function joinSpans(normal, ranges) {
  const joined = [];
  for (const [start, end] of ranges) {
    const last = joined[joined.length - 1];
    if (last && start - last[1] <= WORDS_APART) last[1] = Math.max(end, last[1]);
    else joined.push([start, end]);
  }
  return joined.map(([start, end]) => normal.span(start, end));
}

class Tells {
  constructor(table) {
    this.silenced = table.silenced;
    this.patterns = new Patterns(table.patterns);
  }

  find(normal) {
    const found = this.patterns.find(normal.text);
    const heard = [];
    for (const name of [...found.keys()].sort()) {
      if (name.startsWith(SILENCER)) continue;
      const quiet = this.silenced[name].flatMap((group) => found.get(group) ?? []);
      const loud = found.get(name).filter((match) => !isNear(match, quiet));
      if (!loud.length) continue;
      const slots = loud.flat().sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      const once = slots.filter((slot, n) => !n || slot[0] !== slots[n - 1][0] || slot[1] !== slots[n - 1][1]);
      heard.push([name, joinSpans(normal, once)]);
    }
    return heard;
  }
}

function isNear(match, others) {
  const start = match[0][0], end = match[match.length - 1][1];
  return others.some((other) => other[0][0] - end <= QUIET_REACH && start - other[other.length - 1][1] <= QUIET_REACH);
}

// ---- features and model ------------------------------------------------------------------------

const BUCKET_BITS = 24, CLASS_BITS = 20;
const BUCKET = (1 << BUCKET_BITS) - 1;
const CLASS_MASK = (1 << CLASS_BITS) - 1;
const TYPE_BITS = 17;
const TYPE_MASK = (1 << TYPE_BITS) - 1;
const SKIP = 255; // a step over so many places, at whose end is none
const NORM = 65536;
const LONGEST_RUN = 12;
const MIX = 0x9e3779b1;
const GRAM_SEEDS = [0x1b873593, 0xcc9e2d51];
const SKIP_SEEDS = [0x85ebca6b, 0x27d4eb2f];
const PREFIX_SEED = 0x165667b1, CLASS_SEED = 0xa511e9b3;
const LONGEST_GRAM = [4, 3];
const MOST_TIMES = [3, 1];
const PREFIX = 5;
const LONGEST_DIGITS = 5;
const LONGEST_REPEATED = 4;
const [BEGIN, END, LINK] = [0x9, 0xa, 0xb];
const [ZH, EN] = [0, 1];
const WINDOW = 32, WINDOWED_FROM = 96; // tokens, borders included
const LANGUAGES = ["zh", "en"];

function hash(text, start, end) {
  let value = 0x811c9dc5;
  for (let place = start; place < end; place++) value = Math.imul(value ^ text.charCodeAt(place), 0x01000193);
  return value >>> 0;
}

// How many tokens, if any, stand there three times and would begin a fourth time with this.
function period(hashes, value) {
  const size = hashes.length;
  const most = Math.min(LONGEST_REPEATED, Math.floor((size - 1) / 3));
  for (let count = 1; count <= most; count++) {
    if (value !== hashes[size - count]) continue;
    let same = true;
    for (let back = 1; same && back <= 2 * count; back++) same = hashes[size - back] === hashes[size - back - count];
    if (same) return count;
  }
  return 0;
}

function tokenize(text, links, known) {
  const token = /([a-z]+(?:'[a-z]{1,2}(?![a-z]))?)|([0-9][0-9x]*|x[0-9x]*[0-9][0-9x]*)|([^ ])/y;
  const hashes = [BEGIN], starts = [0], ends = [0], prefixes = [0];
  let ideographs = 0, latin = 0, place = 0, number = 0, repeated = 0, step = 0;
  while (place < text.length) {
    let start, end, value, found = null;
    if (number < links.length && place >= links[number][0]) {
      [start, end] = links[number++];
      if (end <= place) continue;
      value = LINK;
    } else {
      token.lastIndex = place;
      found = token.exec(text);
      if (!found) {
        place++;
        continue;
      }
      start = place;
      end = token.lastIndex;
      if (number < links.length) end = Math.min(end, links[number][0]);
      const digits = found[2] !== undefined;
      value = digits ? hash("00000", 0, Math.min(end - start, LONGEST_DIGITS)) : hash(text, start, end);
    }
    place = end;
    if (!repeated || value !== hashes[hashes.length - repeated + (step % repeated)]) {
      repeated = period(hashes, value);
      step = 0;
    }
    if (repeated) {
      step++;
      ends[ends.length - 1] = end;
      continue;
    }
    let prefix = 0;
    if (found && found[1] !== undefined) {
      latin++;
      if (end - start > PREFIX) prefix = hash(text, start, start + PREFIX);
    } else if (found && found[3] !== undefined && isIdeograph(text[start])) ideographs++;
    hashes.push(value);
    prefixes.push(prefix);
    starts.push(start);
    ends.push(end);
  }
  hashes.push(END);
  starts.push(text.length);
  ends.push(text.length);
  prefixes.push(0);
  const language = ideographs >= 2 * latin && ideographs ? ZH : EN;
  const classes = language === EN ? hashes.map((value) => known[value & CLASS_MASK]) : [];
  return { hashes, starts, ends, prefixes, classes, language, words: ideographs + latin };
}

// Call `add` with the bucket of each feature of the tokens first to last.
function buckets(tokens, first, last, add) {
  const { hashes, prefixes, classes, language } = tokens;
  const seed = GRAM_SEEDS[language];
  const longest = LONGEST_GRAM[language];
  for (let place = first; place < last; place++) {
    const end = Math.min(place + longest, last);
    let value = seed;
    for (let number = place; number < end; number++) {
      value = Math.imul(value ^ hashes[number], MIX);
      value ^= value >>> 15;
      add(value & BUCKET);
    }
  }
  const skip = SKIP_SEEDS[language];
  const innerFirst = first + Number(first === 0);
  const innerLast = last - Number(last === hashes.length);
  for (let place = innerFirst; place < innerLast; place++) {
    let start = Math.imul(skip ^ hashes[place], MIX);
    start ^= start >>> 15;
    const end = Math.min(place + 5, innerLast);
    for (let number = place + 2; number < end; number++) {
      const value = Math.imul(start ^ hashes[number], MIX);
      add((value ^ (value >>> 15)) & BUCKET);
    }
  }
  if (language === EN) {
    for (let place = first; place < last; place++) {
      if (prefixes[place]) {
        const value = Math.imul(PREFIX_SEED ^ prefixes[place], MIX);
        add((value ^ (value >>> 15)) & BUCKET);
      }
    }
    let before = 0;
    for (let place = first; place < last; place++) {
      let value = Math.imul(CLASS_SEED ^ classes[place], MIX);
      value ^= value >>> 15;
      add(value & BUCKET);
      if (before) {
        const pair = Math.imul(before ^ classes[place], MIX);
        add((pair ^ (pair >>> 15)) & BUCKET);
      }
      before = value;
    }
  }
}

class Model {
  constructor(weights, types, classes, settings) {
    this.settings = settings;
    this.weights = new Int8Array(1 << BUCKET_BITS);
    const [places, values] = readPlaces(weights, BUCKET_BITS);
    places.forEach((bucket, number) => {
      this.weights[bucket] = values[number];
    });
    this.times = new Map(); // how often each bucket was met in the text that is being read
    this.rows = new Int32Array(1 << TYPE_BITS).fill(-1);
    const count = settings.types.length;
    const [rows, typeWeights] = readPlaces(types, TYPE_BITS, count);
    rows.forEach((row, number) => {
      this.rows[row] = number * count;
    });
    this.typeWeights = typeWeights;
    const [words, numbers] = readPlaces(classes, CLASS_BITS);
    this.classes = new Uint8Array(1 << CLASS_BITS); // of words, by the end of their hash
    words.forEach((word, number) => {
      this.classes[word] = numbers[number];
    });
  }

  // Call `act` with each bucket, no more than MOST_TIMES with the same.
  each(tokens, first, last, act) {
    const { times } = this;
    const most = MOST_TIMES[tokens.language];
    times.clear();
    buckets(tokens, first, last, (bucket) => {
      const count = times.get(bucket) ?? 0;
      if (count < most) {
        times.set(bucket, count + 1);
        act(bucket);
      }
    });
  }

  sum(tokens, first, last) {
    const { weights } = this;
    let total = 0;
    this.each(tokens, first, last, (bucket) => {
      total += weights[bucket];
    });
    return total;
  }

  marksIn(tokens, first, last) {
    const norms = this.settings.norms[tokens.language];
    const norm = norms[Math.min(last - first, norms.length - 1)];
    return Math.floor((this.sum(tokens, first, last) * norm) / NORM);
  }

  marksOf(tokens) {
    const last = tokens.hashes.length;
    let best = [this.marksIn(tokens, 0, last), 0, last];
    if (last > WINDOWED_FROM) {
      const [least, more] = this.settings.window_cost;
      const cost = least + more * (31 - Math.clz32(Math.floor(last / WINDOWED_FROM)));
      for (let first = 0; first < last - WINDOW / 2; first += WINDOW / 2) {
        const end = Math.min(first + WINDOW, last);
        const found = this.marksIn(tokens, first, end) - cost;
        if (found > best[0]) best = [found, first, end];
      }
    }
    return best;
  }

  typeOf(tokens, first, last) {
    const { types } = this.settings;
    const { rows, typeWeights } = this;
    const sums = new Int32Array(types.length);
    this.each(tokens, first, last, (bucket) => {
      const row = rows[bucket & TYPE_MASK];
      if (row >= 0) for (let number = 0; number < sums.length; number++) sums[number] += typeWeights[row + number];
    });
    let best = 0;
    for (let number = 1; number < sums.length; number++) if (sums[number] > sums[best]) best = number;
    return types[best];
  }

  heaviest(tokens, first, last) {
    const shares = new Array(last - first);
    for (let place = 0; place < shares.length; place++) {
      shares[place] = this.sum(tokens, Math.max(first, first + place - 1), Math.min(last, first + place + 2));
    }
    const mean = Math.max(Math.floor(shares.reduce((total, share) => total + share, 0) / shares.length), 0);
    for (let place = 0; place < shares.length; place++) shares[place] -= mean;
    const found = [];
    for (let round = 0; round < 2; round++) {
      const best = greatestRun(shares);
      if (!best || (found.length && best[0] * 2 < found[0][0])) break;
      found.push(best);
      for (let place = best[1]; place < best[2]; place++) shares[place] = -(2 ** 30);
    }
    const { starts, ends } = tokens;
    return found
      .filter(([, left, right]) => ends[first + right - 1] > starts[first + left])
      .map(([, left, right]) => [starts[first + left], ends[first + right - 1]])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }
}

// The places of so many bits that a section begins with, written as steps, and as many bytes for each.
function readPlaces(section, bits, each = 1) {
  if (!section || section.length < 4) throw new PackError("section");
  const count = new DataView(section.buffer, section.byteOffset).getUint32(0, true);
  const size = 1 << bits;
  const found = new Int32Array(Math.min(count, section.length));
  let length = 0, place = 0, read = 4;
  while (length < count && read < section.length && place < size) {
    const step = section[read++];
    place += step;
    if (step !== SKIP) found[length++] = place++;
  }
  const values = new Int8Array(section.buffer, section.byteOffset + read, section.length - read);
  if (length !== count || place > size || values.length !== count * each) throw new PackError("section");
  return [found, values];
}

function greatestRun(shares) {
  let best, total = 0, start = 0;
  for (let place = 0; place < shares.length; place++) {
    if (total <= 0) {
      total = 0;
      start = place;
    }
    total += shares[place];
    if (shares[place] > 0 && total > 0 && place - start < LONGEST_RUN && (!best || total > best[0])) best = [total, start, place + 1];
  }
  return best;
}

function between(knots, value) {
  if (value <= knots[0][0]) return knots[0][1];
  for (let number = 1; number < knots.length; number++) {
    const [right, high] = knots[number];
    if (value < right) {
      const [left, low] = knots[number - 1];
      return low + Math.floor(((high - low) * (value - left)) / (right - left));
    }
  }
  return knots[knots.length - 1][1];
}

// ---- reading ---------------------------------------------------------------------------------------

const SIGNS = { hidden: 2, split: 3, disguised: 2, leet: 3, marks: 3, phrases: 1 };
const FEWEST_WORDS = 2, FEWEST_ORDINARY = 5;
const TURNS_TOGETHER = 3;
const WEAK = 300;
const SUSPICIOUS = 500;
const MALICIOUS = 900;

export class Reader {
  constructor(sections, header = null) {
    const json = (name) => JSON.parse(new TextDecoder().decode(sections[name]));
    this.header = header;
    this.sentences = sections.sentences ? json("sentences") : {};
    this.folds = new Fold(json("fold"));
    const tells = json("tells");
    this.tells = new Tells(tells);
    this.link = tells.patterns.entities.link;
    this.model = new Model(sections.model, sections.types, sections.classes, json("settings"));
  }

  // The normal form of a text: { text, starts, ends, hidden, split, ... }.
  normalize(text) {
    return new Normal(text, this.folds, MAX_CHARACTERS);
  }

  links(text) {
    if (!text.includes(".") && !text.includes("://")) return [];
    return Array.from(text.matchAll(new RegExp(this.link, "g")), (match) => [match.index, match.index + match[0].length]);
  }

  // What a text says. `level` is benign, unknown, suspicious or malicious; `score`, `chance` and
  // weights are thousandths; `marks` are thousandths of a log-odds.
  read(text) {
    const normal = this.normalize(text);
    const links = this.links(normal.text);
    const tokens = tokenize(normal.text, links, this.model.classes);
    const { language } = tokens;
    const { settings } = this.model;
    const reading = {
      language: LANGUAGES[language], level: "unknown", marks: 0, chance: 0, score: 0, weight: 0, type: "",
      spans: [], tells: [], signs: [], disguise: 0, ordinary: false, abstained: "",
    };
    if (tokens.words < FEWEST_WORDS) {
      const digit = [...normal.text].some(isDigit);
      reading.abstained = links.length ? "link" : digit ? "number" : "short";
      return reading;
    }
    const [bare, first, last] = this.model.marksOf(tokens);
    const found = this.tells.find(normal);
    const own = bare + settings.bias[language];
    reading.signs = Object.keys(SIGNS).filter((name) => normal[name] >= SIGNS[name]);
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    const part = normal.span(tokens.starts[first], tokens.ends[last - 1]);
    const touches = (spans) => spans.some(([start, end]) => start < part[1] && part[0] < end);
    const heard = found.map(([name, spans]) => (touches(spans) ? settings.tells[name] ?? 0 : 0));
    const shown = sum(reading.signs.map((name) => settings.signs[name] ?? 0));
    reading.marks = own + sum(heard) + shown;
    reading.score = between(settings.knots[language], reading.marks);
    reading.chance = between(settings.chances[language], reading.marks);
    const speaks = reading.score >= WEAK;
    const base = speaks ? Math.max(own - settings.ordinary[language], 1) : 0;
    const parts = [...heard, ...(reading.signs.length ? [shown] : [])].map((part) => Math.max(part, 100));
    let whole = Math.max(sum(parts) + base, 1);
    if (!speaks) whole = Math.max(whole, sum(parts) * 2);
    const shares = parts.map((part) => Math.floor((reading.score * part) / whole));
    reading.tells = found.map(([name, spans], number) => ({ name, weight: shares[number], spans }));
    if (reading.signs.length) reading.disguise = shares[shares.length - 1];
    if (speaks) {
      reading.weight = reading.score - sum(shares);
      reading.type = this.model.typeOf(tokens, first, last);
      reading.spans = joinSpans(normal, this.model.heaviest(tokens, first, last));
    }
    reading.ordinary = !found.length && !reading.signs.length && !links.length &&
      tokens.words >= FEWEST_ORDINARY && reading.marks <= settings.ordinary[language];
    if (reading.score >= MALICIOUS) reading.level = "malicious";
    else if (reading.score >= SUSPICIOUS) reading.level = "suspicious";
    else if (reading.ordinary) reading.level = "benign";
    return reading;
  }

  // What a chat says, its turns in order: each alone, and neighbours together.
  readTurns(turns) {
    const alone = turns.map((turn) => this.read(turn));
    const scores = alone.map((reading) => reading.score);
    let peak = 0, place = 0;
    scores.forEach((score, number) => {
      if (score > peak) [peak, place] = [score, number];
    });
    for (let last = 1; last < turns.length; last++) {
      const together = this.read(turns.slice(Math.max(0, last - TURNS_TOGETHER + 1), last + 1).join("\n"));
      scores[last] = Math.max(scores[last], together.score);
      if (together.score > peak) [peak, place] = [together.score, last];
    }
    const ordinary = alone.length > 0 && alone.every((reading) => reading.level === "benign");
    const level = peak >= MALICIOUS ? "malicious" : peak >= SUSPICIOUS ? "suspicious" : ordinary ? "benign" : "unknown";
    return { turns: alone, peak, peakTurn: place, trend: slope(scores), level };
  }
}

function slope(values) {
  const count = values.length;
  if (count < 2) return 0;
  let total = 0, mixed = 0;
  values.forEach((value, place) => {
    total += value;
    mixed += place * value;
  });
  const places = (count * (count - 1)) / 2;
  const squares = ((count - 1) * count * (2 * count - 1)) / 6;
  return Math.floor((count * mixed - places * total) / (count * squares - places * places));
}

// Ranges of code points as ranges of string offsets.
export function utf16(text, ranges) {
  const wanted = new Map();
  for (const range of ranges) for (const point of range) wanted.set(point, 0);
  let point = 0, unit = 0;
  for (; ; point++) {
    if (wanted.has(point)) wanted.set(point, unit);
    if (unit >= text.length) break;
    unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
  }
  return ranges.map(([start, end]) => [wanted.get(start), wanted.get(end)]);
}
