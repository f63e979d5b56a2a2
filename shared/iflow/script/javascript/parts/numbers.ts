/** `java.lang`'s numbers, Boolean, Character and Math, and `java.lang.reflect.Array`, as guest source. */
export const numbers = String.raw`
const badNumber = (text) => raise('java.lang.NumberFormatException', 'For input string: "' + show(text) + '"');
const parseInteger = (low, high) => (text, radix = 10) => {
  const value = /^[+-]?[0-9a-z]+$/i.test(show(text)) ? parseInt(text, radix) : NaN;
  return Number.isNaN(value) || value < low || value > high ? badNumber(text) : value;
};
const parseDecimal = (text) => {
  const trimmed = show(text).trim();
  const value = trimmed === '' ? NaN : Number(trimmed.replace(/[dDfF]$/, ''));
  return Number.isNaN(value) && trimmed !== 'NaN' ? badNumber(text) : value;
};
/** @param primitive the class of its TYPE, such as int */
const number = (type, primitive, parseName, parse, constants) => {
  hide(type, {
    [parseName]: parse,
    valueOf: (value, radix) => (typeof unbox(value) === 'number' ? unbox(value) : parse(value, radix)),
    compare: natural,
    TYPE: new Class(primitive),
    ...constants,
  });
};
const numeric = class {
  constructor(value) { return Object(new.target.valueOf(value)); }
  static [Symbol.hasInstance](value) { return typeof unbox(value) === 'number'; }
  static toString(value, radix) { return arguments.length === 0 ? 'class ' + this.class.getName() : Number(value).toString(radix); }
  static toHexString(value) { return (Number(value) >>> 0).toString(16); }
  static toBinaryString(value) { return (Number(value) >>> 0).toString(2); }
  static toOctalString(value) { return (Number(value) >>> 0).toString(8); }
  static signum(value) { return Math.sign(value); }
  static sum(a, b) { return a + b; }
  static max(a, b) { return Math.max(a, b); }
  static min(a, b) { return Math.min(a, b); }
};
const decimal = {
  isNaN: (value) => Number.isNaN(Number(value)),
  isInfinite: (value) => !Number.isNaN(Number(value)) && !Number.isFinite(Number(value)),
  NaN, POSITIVE_INFINITY: Infinity, NEGATIVE_INFINITY: -Infinity, MAX_VALUE: Number.MAX_VALUE, MIN_VALUE: Number.MIN_VALUE,
};
const bounds = (low, high) => ({ MIN_VALUE: low, MAX_VALUE: high });
number(define('java.lang.Integer', class extends numeric {}), 'int', 'parseInt',
  parseInteger(-2147483648, 2147483647), bounds(-2147483648, 2147483647));
number(define('java.lang.Long', class extends numeric {}), 'long', 'parseLong',
  parseInteger(-9223372036854775808, 9223372036854775807), bounds(-9223372036854775808, 9223372036854775807));
number(define('java.lang.Short', class extends numeric {}), 'short', 'parseShort', parseInteger(-32768, 32767), bounds(-32768, 32767));
number(define('java.lang.Byte', class extends numeric {}), 'byte', 'parseByte', parseInteger(-128, 127), bounds(-128, 127));
number(define('java.lang.Double', class extends numeric {}), 'double', 'parseDouble', parseDecimal, decimal);
number(define('java.lang.Float', class extends numeric {}), 'float', 'parseFloat', parseDecimal, decimal);
define('java.lang.Number', class { static [Symbol.hasInstance](value) { return typeof unbox(value) === 'number'; } });
define('java.lang.Boolean', class {
  constructor(value) { return Object(show(value).toLowerCase() === 'true'); }
  static [Symbol.hasInstance](value) { return typeof unbox(value) === 'boolean'; }
  static valueOf(value) { return show(value).toLowerCase() === 'true'; }
  static parseBoolean(value) { return show(value).toLowerCase() === 'true'; }
  static toString(value) { return arguments.length === 0 ? 'class java.lang.Boolean' : String(value); }
});
hide(find('java.lang.Boolean'), { TRUE: true, FALSE: false, TYPE: new Class('boolean') });
/** Rhino shows a char as its code; a text of one character will do as well. */
const char = (value) => (typeof value === 'number' ? String.fromCharCode(value) : String(value));
define('java.lang.Character', class {
  static isDigit(value) { return /^\p{Nd}$/u.test(char(value)); }
  static isLetter(value) { return /^\p{L}$/u.test(char(value)); }
  static isLetterOrDigit(value) { return /^[\p{L}\p{Nd}]$/u.test(char(value)); }
  static isUpperCase(value) { return /^\p{Lu}$/u.test(char(value)); }
  static isLowerCase(value) { return /^\p{Ll}$/u.test(char(value)); }
  static isWhitespace(value) { return /^\s$/u.test(char(value)); }
  static toUpperCase(value) { return char(value).toUpperCase(); }
  static toLowerCase(value) { return char(value).toLowerCase(); }
  static getNumericValue(value) { const digit = parseInt(char(value), 36); return Number.isNaN(digit) ? -1 : digit; }
  static valueOf(value) { return char(value); }
  static toString(value) { return arguments.length === 0 ? 'class java.lang.Character' : char(value); }
});
hide(find('java.lang.Character'), { TYPE: new Class('char') });
define('java.lang.Math', class {});
hide(find('java.lang.Math'), Object.fromEntries(
  Object.getOwnPropertyNames(Math).map((name) => [name, Math[name]])));
hide(find('java.lang.Math'), {
  rint: (value) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)),
  floorDiv: (a, b) => Math.floor(a / b),
  floorMod: (a, b) => ((a % b) + b) % b,
  toRadians: (degrees) => (degrees / 180) * Math.PI,
  toDegrees: (radians) => (radians * 180) / Math.PI,
});
define('java.lang.reflect.Array', class {
  static newInstance(type, length) {
    switch (classNameOf(type)) {
      case 'byte': return new Uint8Array(length);
      case 'char': return CharArray.from({ length }, () => 0);
      case 'boolean': return new Array(length).fill(false);
      case 'int': case 'long': case 'short': case 'double': case 'float': return new Array(length).fill(0);
      default: return new Array(length).fill(null);
    }
  }
  static getLength(array) { return array.length; }
  static get(array, index) { return array[index]; }
  static set(array, index, value) { array[index] = value; }
});
`;
