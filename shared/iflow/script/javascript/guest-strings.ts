/**
 * java.lang.String, and Java's methods on JavaScript's own strings, numbers and booleans, as guest
 * source. What Java and JavaScript both have under one name is JavaScript's, but for
 * - `replaceAll` with two texts, which Rhino has only as Java's: the first is a regular expression;
 * - `split` by a text with a backslash, or with a class such as `[,;]` that does not stand in the
 *   string: a regular expression too.
 *
 * `text.length` stays a property; `rewrite.ts` makes `text.length()` work.
 */
export const guestStrings = String.raw`
/** A char[]: the codes, as Rhino shows them; its text is what is in it. */
class CharArray extends Array {
  static get [Symbol.species]() { return Array; }
  toString() { return this.map((code) => String.fromCharCode(code)).join(''); }
  getClass() { return charArray; }
}
const charArray = new Class('[C', CharArray);
const charsOf = (text) => {
  const chars = new CharArray();
  for (let i = 0; i < text.length; i++) chars.push(text.charCodeAt(i));
  return chars;
};
const textOfChars = (chars) =>
  chars instanceof CharArray ? String(chars)
  : Array.from(chars, (char) => (typeof char === 'number' ? String.fromCharCode(char) : String(char))).join('');

const JavaString = define('java.lang.String', class {
  /** (text), (bytes, charset), (bytes, offset, length, charset), (chars), (chars, offset, count) */
  constructor(value, ...how) {
    if (value === undefined) return Object('');
    const ranged = typeof how[0] === 'number';
    if (isBytes(value)) {
      const bytes = ranged ? toBytes(value).subarray(how[0], how[0] + how[1]) : toBytes(value);
      return Object(decode(bytes, how[ranged ? 2 : 0]));
    }
    if (!Array.isArray(value)) return Object(show(value));
    const text = textOfChars(value);
    return Object(ranged ? text.slice(how[0], how[0] + how[1]) : text);
  }
  static [Symbol.hasInstance](value) { return typeof value === 'string' || value instanceof String; }
  static valueOf(value) { return Array.isArray(value) ? textOfChars(value) : show(value); }
  static copyValueOf(value) { return textOfChars(value); }
  static join(separator, ...parts) {
    return (parts.length === 1 && isObject(parts[0]) ? elements(parts[0]) : parts).map(show).join(String(separator));
  }
  static format(...values) {
    // With or without a Locale in front.
    return find('java.util.Formatter').format_(...(isObject(values[0]) && !(values[0] instanceof String) ? values.slice(1) : values));
  }
});
const regex = () => find('java.util.regex.Pattern');
const [split, replaceAll] = [String.prototype.split, String.prototype.replaceAll];
const isText = (value) => typeof value === 'string' || value instanceof String;
const isRegex = (separator, text) =>
  /\\./.test(separator) || (/\[[^\]]+\]/.test(separator) && !text.includes(separator));
hide(String.prototype, {
  equals(other) { return isText(other) && String(this) === String(other); },
  equalsIgnoreCase(other) { return isText(other) && this.toLowerCase() === other.toLowerCase(); },
  contentEquals(other) { return String(this) === String(other); },
  contains(part) { return this.includes(String(part)); },
  isEmpty() { return this.length === 0; },
  compareTo(other) {
    const [text, with_] = [String(this), String(other)];
    for (let i = 0; i < text.length && i < with_.length; i++) {
      const difference = text.charCodeAt(i) - with_.charCodeAt(i);
      if (difference !== 0) return difference;
    }
    return text.length - with_.length;
  },
  compareToIgnoreCase(other) { return this.toLowerCase().compareTo(String(other).toLowerCase()); },
  matches(pattern) { return regex().matches(pattern, this); },
  replaceAll(pattern, by) {
    return isText(pattern) && isText(by)
      ? regex().compile(pattern).matcher(this).replaceAll(by)
      : replaceAll.call(this, pattern, by);
  },
  replaceFirst(pattern, by) { return regex().compile(pattern).matcher(this).replaceFirst(by); },
  split(separator, limit) {
    return isText(separator) && separator.length > 1 && isRegex(String(separator), String(this))
      ? regex().compile(separator).split(this, limit)
      : split.call(this, separator, limit);
  },
  subSequence(from, to) { return this.substring(from, to); },
  intern() { return String(this); },
  getBytes(charset) { return encode(String(this), charset); },
  toCharArray() { return charsOf(String(this)); },
  hashCode() {
    let hash = 0;
    for (let i = 0; i < this.length; i++) hash = (Math.imul(31, hash) + this.charCodeAt(i)) | 0;
    return hash;
  },
  getClass() { return JavaString.class; },
});
/** What rewrite.ts makes of length(). */
Object.defineProperty(Object.prototype, 'length$', {
  get() { return typeof this.length === 'function' ? this.length() : this.length; },
  configurable: true,
});
hide(Number.prototype, {
  equals(other) { return Number(this) === (other instanceof Number ? Number(other) : other); },
  compareTo(other) { return natural(Number(this), Number(other)); },
  hashCode() { return this | 0; },
  intValue() { return Math.trunc(this) | 0; },
  longValue() { return Math.trunc(this); },
  doubleValue() { return Number(this); },
  floatValue() { return Math.fround(this); },
  getClass() { return find(Number.isInteger(Number(this)) ? 'java.lang.Integer' : 'java.lang.Double').class; },
});
hide(Boolean.prototype, {
  equals(other) { return Boolean(this.valueOf()) === unbox(other); },
  booleanValue() { return this.valueOf(); },
  getClass() { return find('java.lang.Boolean').class; },
});
define('java.lang.Object', class {
  static [Symbol.hasInstance](value) { return value !== null && value !== undefined; }
});
`;
