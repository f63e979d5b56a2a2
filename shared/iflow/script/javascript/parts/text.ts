/** `java.lang.StringBuilder` and its like, `System`, `Thread` and `Objects`, as guest source. */
export const text = String.raw`
class StringBuilder {
  #text;
  constructor(text) { this.#text = typeof text === 'number' || text === undefined ? '' : show(text); }
  append(value) { this.#text += Array.isArray(value) ? JavaString.valueOf(value) : show(value); return this; }
  insert(at, value) { this.#text = this.#text.slice(0, at) + show(value) + this.#text.slice(at); return this; }
  delete(from, to) { this.#text = this.#text.slice(0, from) + this.#text.slice(to); return this; }
  deleteCharAt(at) { return this.delete(at, at + 1); }
  replace(from, to, text) { this.#text = this.#text.slice(0, from) + show(text) + this.#text.slice(to); return this; }
  reverse() { this.#text = Array.from(this.#text).reverse().join(''); return this; }
  setLength(length) { this.#text = this.#text.slice(0, length).padEnd(length, '\0'); }
  setCharAt(at, char) { this.replace(at, at + 1, typeof char === 'number' ? String.fromCharCode(char) : char); }
  length() { return this.#text.length; }
  capacity() { return this.#text.length; }
  charAt(at) { return this.#text.charAt(at); }
  indexOf(text, from) { return this.#text.indexOf(text, from); }
  lastIndexOf(text, from) { return this.#text.lastIndexOf(text, from); }
  substring(from, to) { return this.#text.substring(from, to); }
  isEmpty() { return this.#text === ''; }
  toString() { return this.#text; }
}
define('java.lang.StringBuilder', StringBuilder);
define('java.lang.StringBuffer', class extends StringBuilder {});
define('java.util.StringJoiner', class {
  #parts = [];
  #how;
  constructor(separator, prefix = '', suffix = '') { this.#how = [separator, prefix, suffix].map(show); }
  add(text) { this.#parts.push(show(text)); return this; }
  toString() { return this.#how[1] + this.#parts.join(this.#how[0]) + this.#how[2]; }
});
define('java.util.StringTokenizer', class {
  #tokens;
  constructor(text, separators = ' \t\n\r\f') {
    this.#tokens = [''];
    for (const char of String(text)) {
      if (String(separators).includes(char)) this.#tokens.push('');
      else this.#tokens[this.#tokens.length - 1] += char;
    }
    this.#tokens = this.#tokens.filter((token) => token !== '');
  }
  hasMoreTokens() { return this.#tokens.length > 0; }
  nextToken() { return this.#tokens.shift() ?? raise('java.util.NoSuchElementException'); }
  countTokens() { return this.#tokens.length; }
});
define('java.lang.CharSequence', class { static [Symbol.hasInstance](value) { return value instanceof JavaString; } });
define('java.lang.Iterable', class { static [Symbol.hasInstance](value) { return isObject(value) && typeof value.iterator === 'function'; } });
define('java.lang.Comparable', class {});
define('java.lang.Runnable', class {});
const quiet = { print() {}, println() {}, printf() {}, flush() {} };
define('java.lang.System', class {
  static currentTimeMillis() { return Date.now(); }
  static nanoTime() { return Date.now() * 1e6; }
  static lineSeparator() { return '\n'; }
  static identityHashCode() { return 0; }
  // What SAP's tenants have in their environment is not for scripts to see.
  static getenv() { return null; }
  static getProperty(name, other = null) { return other; }
  static arraycopy(from, start, to, at, length) { for (let i = 0; i < length; i++) to[at + i] = from[start + i]; }
});
hide(find('java.lang.System'), { out: quiet, err: quiet });
define('java.lang.Thread', class {
  /** It counts into the time of the script. */
  static sleep(ms) { host('sleep', Number(ms)); }
});
define('java.util.Objects', class {
  static equals(a, b) { return same(a, b); }
  static isNull(value) { return value === null || value === undefined; }
  static nonNull(value) { return value !== null && value !== undefined; }
  static toString(value, other) { return arguments.length > 1 && this.isNull(value) ? other : show(value); }
  static requireNonNull(value, message) {
    return this.isNull(value) ? raise('java.lang.NullPointerException', message) : value;
  }
});
`;
