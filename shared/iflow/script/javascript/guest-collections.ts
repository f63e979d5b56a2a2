/**
 * Java's text, class objects and collections, as guest source. Part of one function body with the
 * other `guest-*` parts.
 *
 * Choices, where a Java class meets JavaScript:
 * - Java strings are JavaScript strings with Java's methods added; `length` stays JavaScript's
 *   property, so `text.length()` of Java does not work: write `text.length`.
 * - Byte arrays are `Uint8Array`s: their elements run from 0 to 255, not from -128 to 127.
 * - `keySet()`, `values()` and `entrySet()` are copies; change the map itself.
 * - `importClass` and `importPackage` never replace what JavaScript itself defines (`Date`, `Map`,
 *   `String`); use the full name, `java.util.Date`.
 */
export const guestCollections = String.raw`
const hide = (object, methods) => {
  for (const name of Object.getOwnPropertyNames(methods)) {
    Object.defineProperty(object, name, {
      value: methods[name], writable: true, configurable: true, enumerable: false,
    });
  }
};
const same = (a, b) =>
  a === b || (a !== null && a !== undefined && typeof a.equals === 'function' && a.equals(b));
const show = (value) => (value === undefined ? 'null' : String(value));

// ---- UTF-8 -----------------------------------------------------------------------------------
const encodeUtf8 = (text) => {
  const binary = unescape(encodeURIComponent(text.toWellFormed()));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
};
const latin1 = (bytes) => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 4096));
  }
  return text;
};
/** Malformed bytes become U+FFFD, one for each byte. */
const decodeUtf8 = (bytes) => {
  try {
    return decodeURIComponent(escape(latin1(bytes)));
  } catch {
    let text = '';
    for (let i = 0; i < bytes.length; ) {
      const first = bytes[i];
      const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      try {
        text += decodeURIComponent(escape(latin1(bytes.subarray(i, i + length))));
        i += length;
      } catch {
        text += '\ufffd';
        i += 1;
      }
    }
    return text;
  }
};
const decode = (bytes, charset) => {
  const name = String(charset === undefined ? 'UTF-8' : charset).toUpperCase();
  if (name === 'UTF-8' || name === 'UTF8') return decodeUtf8(bytes);
  if (name === 'ISO-8859-1' || name === 'LATIN1' || name === 'US-ASCII') return latin1(bytes);
  throw new Error('The character set ' + name + ' is not available in Flowgate scripts.');
};
const encode = (text, charset) => {
  const name = String(charset === undefined ? 'UTF-8' : charset).toUpperCase();
  if (name === 'UTF-8' || name === 'UTF8') return encodeUtf8(text);
  if (name === 'ISO-8859-1' || name === 'LATIN1' || name === 'US-ASCII') {
    const top = name === 'US-ASCII' ? 0x7f : 0xff;
    return Uint8Array.from(text, (c) => (c.codePointAt(0) > top ? 0x3f : c.charCodeAt(0)));
  }
  throw new Error('The character set ' + name + ' is not available in Flowgate scripts.');
};
const isBytes = (value) =>
  value instanceof Uint8Array || value instanceof Int8Array || value instanceof ArrayBuffer;
const toBytes = (value) =>
  value instanceof Uint8Array ? value
  : value instanceof ArrayBuffer ? new Uint8Array(value)
  : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);

// ---- classes ---------------------------------------------------------------------------------
const javaName = Symbol('javaName');
const classes = new Map();
/** What getClass() and the class property of a Java class return. */
class Class {
  #name;
  constructor(name) { this.#name = name; }
  getName() { return this.#name; }
  getSimpleName() { return this.#name.slice(this.#name.lastIndexOf('.') + 1); }
  getTypeName() { return this.#name; }
  equals(other) { return other instanceof Class && other.#name === this.#name; }
  toString() { return 'class ' + this.#name; }
}
const define = (name, type) => {
  Object.defineProperty(type, javaName, { value: name });
  Object.defineProperty(type, 'class', { value: new Class(name) });
  if (!Object.hasOwn(type.prototype, 'getClass')) {
    hide(type.prototype, { getClass() { return type.class; } });
  }
  classes.set(name, type);
  return type;
};
/** The name that a script means by a class, a Class or a string. */
const classNameOf = (type) => {
  if (typeof type === 'string' || type instanceof String) return String(type);
  if (type instanceof Class) return type.getName();
  if (type === String) return 'java.lang.String';
  if (type === Uint8Array || type === Int8Array) return '[B';
  const name = type === null || type === undefined ? undefined : type[javaName];
  if (name !== undefined) return name;
  throw new TypeError('A Java class or its name was expected, not ' + show(type) + '.');
};

// ---- collections -----------------------------------------------------------------------------
const iterate = (values) => {
  let next = 0;
  return {
    hasNext: () => next < values.length,
    next: () => {
      if (next >= values.length) throw new Error('NoSuchElementException');
      return values[next++];
    },
  };
};
const elements = (source) =>
  source === undefined || source === null ? []
  : typeof source.toArray === 'function' ? source.toArray() : Array.from(source);

class ArrayList {
  #items = [];
  constructor(source) { if (typeof source === 'object') this.#items = Array.from(elements(source)); }
  add(...values) {
    if (values.length > 1) this.#items.splice(this.at_(values[0], 1), 0, values[1]);
    else this.#items.push(values[0]);
    return true;
  }
  addAll(source) { for (const value of elements(source)) this.add(value); return true; }
  at_(index, beyond = 0) {
    if (!(index >= 0 && index < this.#items.length + beyond)) {
      throw new RangeError('IndexOutOfBoundsException: Index: ' + index + ', Size: ' + this.#items.length);
    }
    return index;
  }
  get(index) { return this.#items[this.at_(index)]; }
  set(index, value) {
    const old = this.get(index);
    this.#items[index] = value;
    return old;
  }
  remove(which) {
    if (typeof which === 'number') return this.#items.splice(this.at_(which), 1)[0];
    return this.removeItem_(which);
  }
  removeItem_(value) {
    const index = this.indexOf(value);
    if (index >= 0) this.#items.splice(index, 1);
    return index >= 0;
  }
  /** Fills it with values known to differ. */
  fill_(values) { this.#items = values; return this; }
  indexOf(value) { return this.#items.findIndex((item) => same(item, value)); }
  contains(value) { return this.indexOf(value) >= 0; }
  size() { return this.#items.length; }
  isEmpty() { return this.#items.length === 0; }
  clear() { this.#items.length = 0; }
  toArray() { return Array.from(this.#items); }
  iterator() { return iterate(this.#items); }
  forEach(action) { this.#items.forEach((item) => action(item)); }
  toString() { return '[' + this.#items.map(show).join(', ') + ']'; }
  [Symbol.iterator]() { return this.#items[Symbol.iterator](); }
}
class HashSet extends ArrayList {
  constructor(source) { super(); this.addAll(source); }
  add(value) { return !this.contains(value) && super.add(value); }
  remove(value) { return this.removeItem_(value); }
}

class HashMap {
  #map = new Map();
  constructor(source) {
    if (source !== null && typeof source === 'object') this.putAll(source);
  }
  /** Under which key an entry is kept. */
  fold_(key) { return key instanceof String ? String(key) : key; }
  entries_() { return Array.from(this.#map.values()); }
  get(key) { return this.getOrDefault(key, null); }
  getOrDefault(key, other) {
    const entry = this.#map.get(this.fold_(key));
    return entry === undefined ? other : entry[1];
  }
  put(key, value) {
    const folded = this.fold_(key);
    const stored = value === undefined ? null : value;
    const entry = this.#map.get(folded);
    if (entry === undefined) {
      this.#map.set(folded, [key instanceof String ? String(key) : key, stored]);
      return null;
    }
    const old = entry[1];
    entry[1] = stored;
    return old;
  }
  putIfAbsent(key, value) {
    const old = this.get(key);
    if (old === null) this.put(key, value);
    return old;
  }
  putAll(source) {
    if (source instanceof HashMap) for (const [key, value] of source.entries_()) this.put(key, value);
    else if (source instanceof Map) for (const [key, value] of source) this.put(key, value);
    else for (const key of Object.keys(source)) this.put(key, source[key]);
  }
  remove(key) {
    const old = this.get(key);
    this.#map.delete(this.fold_(key));
    return old;
  }
  containsKey(key) { return this.#map.has(this.fold_(key)); }
  containsValue(value) { return this.entries_().some((entry) => same(entry[1], value)); }
  keySet() { return new HashSet().fill_(this.entries_().map((entry) => entry[0])); }
  values() { return new ArrayList().fill_(this.entries_().map((entry) => entry[1])); }
  entrySet() { return new HashSet().fill_(this.entries_().map((entry) => new Entry(this, entry))); }
  size() { return this.#map.size; }
  isEmpty() { return this.#map.size === 0; }
  clear() { this.#map.clear(); }
  forEach(action) { for (const [key, value] of this.entries_()) action(key, value); }
  toString() {
    return '{' + this.entries_().map(([key, value]) => show(key) + '=' + show(value)).join(', ') + '}';
  }
  toJSON() { return Object.fromEntries(this.entries_()); }
  [Symbol.iterator]() { return this.entrySet()[Symbol.iterator](); }
}
class Entry {
  #map;
  #entry;
  constructor(map, entry) { this.#map = map; this.#entry = entry; }
  getKey() { return this.#entry[0]; }
  getValue() { return this.#entry[1]; }
  setValue(value) { return this.#map.put(this.#entry[0], value); }
  toString() { return show(this.#entry[0]) + '=' + show(this.#entry[1]); }
}
class TreeMap extends HashMap {
  entries_() { return super.entries_().sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); }
  firstKey() { return this.entries_()[0][0]; }
  lastKey() { return this.entries_().at(-1)[0]; }
}

`;
