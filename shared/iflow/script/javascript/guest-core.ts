/**
 * Text, bytes and Java classes, as guest source: what all other `guest-*` parts build on.
 *
 * Choices, where a Java class meets JavaScript:
 * - Java strings are JavaScript strings with Java's methods added (`guest-strings`).
 * - Byte arrays are `Uint8Array`s: their elements run from 0 to 255, not from -128 to 127.
 * - As in Rhino, `getX()` and `setX(value)` without other parameters are a property `x` as well.
 *
 * Names that end in `_` are for the guest's own code.
 */
export const guestCore = String.raw`
const { stringify, parse } = JSON;
// It is given call sites, and these give the functions on the stack, such as host.
delete Error.prepareStackTrace;
const hide = (object, members) => {
  for (const name of Object.getOwnPropertyNames(members)) {
    Object.defineProperty(object, name, {
      value: members[name], writable: true, configurable: true, enumerable: false,
    });
  }
  return object;
};
const isObject = (value) => typeof value === 'object' && value !== null;
const same = (a, b) => a === b || (isObject(a) && typeof a.equals === 'function' && a.equals(b) === true);
/** Java's String.valueOf. */
const show = (value) => (value === undefined ? 'null' : String(value));
/** Java's boxes: new java.lang.String("a") and the like are kept as what is in them. */
const unbox = (value) =>
  isObject(value) && (value instanceof String || value instanceof Number || value instanceof Boolean)
    ? value.valueOf() : value;

// ---- character sets --------------------------------------------------------------------------
/** The host knows them by one name each. */
const charsetOf = (charset) => {
  const name = String(charset === undefined || charset === null ? 'UTF-8' : charset).toUpperCase();
  return name === 'UTF8' ? 'UTF-8' : name === 'ISO8859_1' || name === 'LATIN1' ? 'ISO-8859-1' : name;
};
const decode = (bytes, charset) => {
  const name = charsetOf(charset);
  return host('decode', bytes, name) ?? raise('java.io.UnsupportedEncodingException', name);
};
const encode = (text, charset) => {
  const name = charsetOf(charset);
  return host('encode', text.toWellFormed(), name) ?? raise('java.io.UnsupportedEncodingException', name);
};
const decodeUtf8 = (bytes) => decode(bytes, 'UTF-8');
const encodeUtf8 = (text) => encode(text, 'UTF-8');
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
  #type;
  constructor(name, type) { this.#name = name; this.#type = type; }
  getName() { return this.#name; }
  getSimpleName() { return this.getCanonicalName().replace(/^.*[.$]/, ''); }
  getCanonicalName() { return this.#name === '[B' ? 'byte[]' : this.#name === '[C' ? 'char[]' : this.#name; }
  getTypeName() { return this.getCanonicalName(); }
  isArray() { return this.#name.startsWith('['); }
  isInstance(value) { return this.#type !== undefined && value instanceof this.#type; }
  equals(other) { return other instanceof Class && other.#name === this.#name; }
  hashCode() { return this.#name.hashCode(); }
  toString() { return 'class ' + this.#name; }
  static forName(name) { return (find(String(name)) ?? raise('java.lang.ClassNotFoundException', show(name))).class; }
}
/** getX() as the property x, with setX(value) where there is one. */
const addProperties = (prototype) => {
  for (const getter of Object.getOwnPropertyNames(prototype)) {
    const found = /^(?:get|is)([A-Z]\w*)$/.exec(getter);
    if (found === null || prototype[getter].length > 0) continue;
    const name = /^[A-Z]{2}/.test(found[1]) ? found[1] : found[1][0].toLowerCase() + found[1].slice(1);
    if (name in prototype) continue;
    const setter = 'set' + found[1];
    Object.defineProperty(prototype, name, {
      get() { return this[getter](); },
      set(value) {
        if (typeof this[setter] !== 'function') throw new TypeError('The property ' + name + ' can only be read.');
        this[setter](value);
      },
      configurable: true,
    });
  }
};
const define = (name, type) => {
  Object.defineProperty(type, javaName, { value: name });
  Object.defineProperty(type, 'class', { value: new Class(name, type) });
  if (!Object.hasOwn(type.prototype, 'getClass')) {
    hide(type.prototype, { getClass() { return type.class; } });
  }
  addProperties(type.prototype);
  classes.set(name, type);
  return type;
};
define('java.lang.Class', Class);
/** A class by its name, from its part where that is not loaded yet; undefined where there is none. */
const find = (name) => {
  if (!classes.has(name)) {
    const part = host('part', name);
    if (part !== undefined) part(core);
  }
  return classes.get(name);
};
/** Throws a Java exception. */
const raise = (name, message) => {
  const type = find(name);
  throw new type(message);
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
hide(Uint8Array.prototype, { getClass() { return byteArray; } });
const byteArray = new Class('[B', Uint8Array);
`;
