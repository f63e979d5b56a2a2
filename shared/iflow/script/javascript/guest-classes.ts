/**
 * The classes of `java.lang`, `java.util` and `java.io` that scripts lean on, as guest source: a
 * bounded set, on top of `guest-collections`. Any other class is an error that names it.
 */
export const guestClasses = String.raw`
// ---- java.io ---------------------------------------------------------------------------------
class InputStream {
  #bytes;
  #next = 0;
  constructor(bytes) { this.#bytes = toBytes(bytes); }
  read(buffer, offset = 0, length = buffer === undefined ? 1 : buffer.length - offset) {
    if (this.#next >= this.#bytes.length) return -1;
    if (buffer === undefined) return this.#bytes[this.#next++];
    const part = this.#bytes.subarray(this.#next, this.#next + length);
    buffer.set(part, offset);
    this.#next += part.length;
    return part.length;
  }
  readAllBytes() {
    const rest = this.#bytes.slice(this.#next);
    this.#next = this.#bytes.length;
    return rest;
  }
  available() { return this.#bytes.length - this.#next; }
  reset() { this.#next = 0; }
  close() {}
}

// ---- java.lang -------------------------------------------------------------------------------
class StringBuilder {
  #text;
  constructor(text) { this.#text = typeof text === 'number' || text === undefined ? '' : show(text); }
  append(value) { this.#text += show(value); return this; }
  insert(at, value) { this.#text = this.#text.slice(0, at) + show(value) + this.#text.slice(at); return this; }
  delete(from, to) { this.#text = this.#text.slice(0, from) + this.#text.slice(to); return this; }
  deleteCharAt(at) { return this.delete(at, at + 1); }
  replace(from, to, text) { this.#text = this.#text.slice(0, from) + text + this.#text.slice(to); return this; }
  reverse() { this.#text = Array.from(this.#text).reverse().join(''); return this; }
  setLength(length) { this.#text = this.#text.slice(0, length).padEnd(length, '\0'); }
  length() { return this.#text.length; }
  charAt(at) { return this.#text.charAt(at); }
  indexOf(text) { return this.#text.indexOf(text); }
  substring(from, to) { return this.#text.substring(from, to); }
  toString() { return this.#text; }
}
const JavaString = define('java.lang.String', class {
  constructor(value, charset) {
    return Object(value === undefined ? '' : isBytes(value) ? decode(toBytes(value), charset) : show(value));
  }
  static [Symbol.hasInstance](value) { return typeof value === 'string' || value instanceof String; }
  static valueOf(value) { return Array.isArray(value) ? value.join('') : show(value); }
  static join(separator, ...parts) {
    return (parts.length === 1 && typeof parts[0] === 'object' ? elements(parts[0]) : parts).join(separator);
  }
});
hide(String.prototype, {
  equals(other) { return JavaString[Symbol.hasInstance](other) && String(this) === String(other); },
  equalsIgnoreCase(other) {
    return JavaString[Symbol.hasInstance](other) && this.toLowerCase() === other.toLowerCase();
  },
  contains(part) { return this.includes(String(part)); },
  isEmpty() { return this.length === 0; },
  compareTo(other) { const text = String(this); return text < other ? -1 : text > other ? 1 : 0; },
  compareToIgnoreCase(other) { return this.toLowerCase().compareTo(String(other).toLowerCase()); },
  matches(pattern) { return new RegExp('^(?:' + pattern + ')$', 'u').test(this); },
  getBytes(charset) { return encode(String(this), charset); },
  toCharArray() { return this.split(''); },
  hashCode() {
    let hash = 0;
    for (let i = 0; i < this.length; i++) hash = (Math.imul(31, hash) + this.charCodeAt(i)) | 0;
    return hash;
  },
  getClass() { return JavaString.class; },
});
const number = (name, parse, extra) => {
  const type = define('java.lang.' + name, class {
    constructor(value) { return Object(parse(value)); }
    static [Symbol.hasInstance](value) { return typeof value === 'number' || value instanceof Number; }
    static valueOf(value) { return parse(value); }
    static toString(value, radix) { return arguments.length === 0 ? 'class java.lang.' + name : Number(value).toString(radix); }
  });
  Object.assign(type, extra);
  type['parse' + (name === 'Integer' ? 'Int' : name)] = parse;
};
const parseInteger = (low, high) => (text, radix = 10) => {
  const value = /^[+-]?[0-9a-z]+$/i.test(String(text)) ? parseInt(text, radix) : NaN;
  if (Number.isNaN(value) || value < low || value > high) {
    throw new Error('NumberFormatException: For input string: "' + show(text) + '"');
  }
  return value;
};
const parseDecimal = (text) => {
  const value = String(text).trim() === '' ? NaN : Number(text);
  if (Number.isNaN(value) && String(text) !== 'NaN') {
    throw new Error('NumberFormatException: For input string: "' + show(text) + '"');
  }
  return value;
};
number('Integer', parseInteger(-2147483648, 2147483647), { MAX_VALUE: 2147483647, MIN_VALUE: -2147483648 });
number('Long', parseInteger(-9223372036854775808, 9223372036854775807), {});
number('Double', parseDecimal, {});
number('Float', parseDecimal, {});
define('java.lang.Boolean', class {
  constructor(value) { return Object(String(value).toLowerCase() === 'true'); }
  static valueOf(value) { return String(value).toLowerCase() === 'true'; }
  static parseBoolean(value) { return String(value).toLowerCase() === 'true'; }
}).TRUE = true;
classes.get('java.lang.Boolean').FALSE = false;
define('java.lang.Object', class {});
define('java.lang.CharSequence', class {});
define('java.lang.Math', class {});
hide(classes.get('java.lang.Math'), Object.fromEntries(
  Object.getOwnPropertyNames(Math).map((name) => [name, Math[name]])));
define('java.lang.System', class {
  static currentTimeMillis() { return Date.now(); }
  static nanoTime() { return Date.now() * 1e6; }
  static lineSeparator() { return '\n'; }
});
const quiet = { print() {}, println() {}, printf() {} };
classes.get('java.lang.System').out = quiet;
classes.get('java.lang.System').err = quiet;
for (const name of ['Throwable', 'Exception', 'RuntimeException', 'IllegalArgumentException', 'IllegalStateException']) {
  const type = define('java.lang.' + name, class extends Error {
    constructor(message) { super(message === undefined ? '' : message); }
    getMessage() { return this.message; }
  });
  hide(type.prototype, { name: 'java.lang.' + name });
}
define('java.lang.StringBuilder', StringBuilder);
define('java.lang.StringBuffer', class extends StringBuilder {});

// ---- java.util -------------------------------------------------------------------------------
define('java.util.ArrayList', ArrayList);
define('java.util.LinkedList', class extends ArrayList {});
define('java.util.HashSet', HashSet);
define('java.util.LinkedHashSet', class extends HashSet {});
define('java.util.HashMap', HashMap);
define('java.util.LinkedHashMap', class extends HashMap {});
define('java.util.Hashtable', class extends HashMap {});
define('java.util.TreeMap', TreeMap);
define('java.util.Map', class { static [Symbol.hasInstance](value) { return HashMap.prototype.isPrototypeOf(value); } });
define('java.util.List', class { static [Symbol.hasInstance](value) { return ArrayList.prototype.isPrototypeOf(value); } });
define('java.util.Arrays', class {
  static asList(...values) { return new ArrayList(values.length === 1 && Array.isArray(values[0]) ? values[0] : values); }
  static toString(values) { return '[' + Array.from(values).map(show).join(', ') + ']'; }
});
define('java.util.Date', class extends Date {
  before(other) { return this.getTime() < other.getTime(); }
  after(other) { return this.getTime() > other.getTime(); }
  equals(other) { return other instanceof Date && this.getTime() === other.getTime(); }
});
const hex = (digits) => Math.floor(Math.random() * 16 ** digits).toString(16).padStart(digits, '0');
define('java.util.UUID', class {
  #text;
  constructor(text) { this.#text = text; }
  /** RFC 9562 section 5.4. */
  static randomUUID() {
    const variant = '89ab'[Math.floor(Math.random() * 4)];
    return new this(hex(8) + '-' + hex(4) + '-4' + hex(3) + '-' + variant + hex(3) + '-' + hex(12));
  }
  static fromString(text) { return new this(String(text).toLowerCase()); }
  equals(other) { return String(this) === String(other); }
  toString() { return this.#text; }
});
const base64 = (alphabet, padding) => ({
  encodeToString(source) {
    const bytes = isBytes(source) ? toBytes(source) : Uint8Array.from(source);
    const parts = [];
    for (let i = 0; i < bytes.length; i += 3) {
      const bits = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
      const left = bytes.length - i;
      parts.push(alphabet[bits >> 18], alphabet[(bits >> 12) & 63],
        left > 1 ? alphabet[(bits >> 6) & 63] : padding, left > 2 ? alphabet[bits & 63] : padding);
    }
    return parts.join('');
  },
  encode(source) { return encode(this.encodeToString(source), 'ISO-8859-1'); },
  withoutPadding() { return base64(alphabet, ''); },
  decode(source) {
    const text = (isBytes(source) ? latin1(toBytes(source)) : String(source)).replace(/=+$/, '');
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
    let bits = 0;
    for (let i = 0, out = 0; i < text.length; i++) {
      const digit = alphabet.indexOf(text[i]);
      if (digit < 0) throw new Error('IllegalArgumentException: Illegal base64 character ' + text[i]);
      bits = ((bits << 6) | digit) & 0xffffff;
      if (i % 4 > 0) bytes[out++] = (bits >> (6 - 2 * (i % 4))) & 255;
    }
    return bytes;
  },
});
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
define('java.util.Base64', class {
  static getEncoder() { return base64(letters + '+/', '='); }
  static getDecoder() { return base64(letters + '+/', '='); }
  static getUrlEncoder() { return base64(letters + '-_', '='); }
  static getUrlDecoder() { return base64(letters + '-_', '='); }
});

define('java.io.InputStream', InputStream);
define('java.io.ByteArrayInputStream', class extends InputStream {});
define('java.nio.charset.StandardCharsets', class {});
Object.assign(classes.get('java.nio.charset.StandardCharsets'),
  { UTF_8: 'UTF-8', ISO_8859_1: 'ISO-8859-1', US_ASCII: 'US-ASCII' });
`;
