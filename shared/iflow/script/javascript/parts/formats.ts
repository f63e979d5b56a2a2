/** `String.format`, `java.text.MessageFormat` and `java.text.DecimalFormat` in Java's root locale, as guest source. */
export const formats = String.raw`
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
/** By the digits that are shown, so that 1.005 is not 1.00499. */
const shift = (value, places) => {
  const text = String(value);
  return text.includes('e') ? value * 10 ** places : Number(text + 'e' + places);
};
/** Rounds half up, as Java's Formatter. @returns without its sign */
const fixed = (value, places) => {
  const shifted = shift(Math.abs(value), places);
  return (shifted < 2 ** 53 ? shift(Math.round(shifted), -places) : Math.abs(value)).toFixed(places);
};
const signed = (value, digits, flags) => {
  const sign = value < 0 || Object.is(value, -0) ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  if (sign === '-' && flags.includes('(')) return '(' + digits + ')';
  return sign + digits;
};
const illegal = (what) => raise('java.util.IllegalFormatException', 'The format ' + what + ' is not available');
const conversions = {
  s: (value, { precision }) => show(value).slice(0, precision),
  b: (value) => String(typeof value === 'boolean' ? value : value !== null && value !== undefined),
  c: (value) => (typeof value === 'number' ? String.fromCodePoint(value) : String(value)),
  d: (value, { flags, all }) => {
    const number = Number(unbox(value));
    if (!Number.isInteger(number)) illegal(all + ' of ' + value);
    const digits = BigInt(Math.abs(number)).toString();
    return signed(number, flags.includes(',') ? grouped(digits) : digits, flags);
  },
  f: (value, { flags, precision = 6 }) => {
    const number = Number(unbox(value));
    if (!Number.isFinite(number)) return String(number);
    const [whole, part] = fixed(number, precision).split('.');
    return signed(number, (flags.includes(',') ? grouped(whole) : whole) + (part === undefined ? '' : '.' + part), flags);
  },
  e: (value, { flags, precision = 6 }) =>
    signed(Number(value), Math.abs(value).toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2'), flags),
  x: (value) => { const number = Number(value); return (number < 0 ? number >>> 0 : number).toString(16); },
  o: (value) => (Number(value) >>> 0).toString(8),
  h: (value) => (show(value).hashCode() >>> 0).toString(16),
};
define('java.util.Formatter', class {
  static format_(format, ...values) {
    const list = values.length === 1 && Array.isArray(values[0]) && !(values[0] instanceof CharArray) ? values[0] : values;
    let next = 0;
    const find = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;
    return String(format).replace(find, (all, index, flags, width = '0', precision, kind) => {
      if (kind === '%') return '%';
      if (kind === 'n') return '\n';
      const make = conversions[kind.toLowerCase()] ?? illegal(all);
      const at = index === undefined ? next++ : Number(index) - 1;
      if (at >= list.length) raise('java.util.IllegalFormatException', 'Format specifier ' + all + ' has no argument');
      const value = list[at] ?? null;
      const text = value === null ? show(null)
        : make(value, { flags, all, precision: precision === undefined ? undefined : Number(precision) });
      const cased = kind === kind.toUpperCase() ? text.toUpperCase() : text;
      if (flags.includes('-')) return cased.padEnd(Number(width));
      if (!flags.includes('0')) return cased.padStart(Number(width));
      const [, sign, digits] = /^([+ -]?)([^]*)$/.exec(cased);
      return sign + digits.padStart(Number(width) - sign.length, '0');
    });
  }
});
define('java.text.MessageFormat', class {
  static format(pattern, ...values) {
    const list = values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
    return String(pattern).replace(/'([^']*)'|\{(\d+)\}/g, (all, quoted, index) =>
      quoted === undefined ? show(list[Number(index)]) : quoted === '' ? "'" : quoted);
  }
});
define('java.text.DecimalFormat', class {
  #parts;
  constructor(pattern = '#,##0.###') {
    const found = /^((?:[^#0,.']|'[^']*')*)([#,]*0*(?:,0+)*)(?:\.(0*)(#*))?((?:[^#0,.;']|'[^']*')*)$/.exec(String(pattern));
    if (found === null) raise('java.lang.IllegalArgumentException', 'Malformed pattern "' + pattern + '"');
    const [, before, whole, least = '', more = '', after] = found;
    const plain = (text) => text.replace(/'([^']*)'/g, (_, quoted) => quoted || "'");
    this.#parts = {
      before: plain(before), after: plain(after), grouping: whole.includes(','),
      digits: whole.replace(/[^0]/g, '').length, least: least.length, most: least.length + more.length,
      by: after.includes('%') ? 2 : 0,
    };
  }
  format(value) {
    const { before, after, grouping, digits, least, most, by } = this.#parts;
    const number = shift(Number(unbox(value)), by);
    // Half to even, as Java does unless told otherwise.
    const half = shift(Math.abs(number), most);
    const text = half % 1 === 0.5 && Math.floor(half) % 2 === 0
      ? shift(Math.floor(half), -most).toFixed(most) : fixed(number, most);
    let [whole, part = ''] = text.split('.');
    while (part.length > least && part.endsWith('0')) part = part.slice(0, -1);
    whole = whole.replace(/^0+(?=.)/, '').padStart(digits, '0');
    if (digits === 0 && whole === '0' && part !== '') whole = '';
    const sign = number < 0 && /[1-9]/.test(text) ? '-' : '';
    return sign + before + (grouping ? grouped(whole) : whole) + (part === '' ? '' : '.' + part) + after;
  }
  parse(text) {
    const value = parseFloat(String(text).replace(/,/g, ''));
    return Number.isNaN(value) ? raise('java.text.ParseException', 'Unparseable number: "' + text + '"') : value;
  }
  setGroupingUsed(used) { this.#parts = { ...this.#parts, grouping: used === true }; }
  setMinimumFractionDigits(count) { this.#parts = { ...this.#parts, least: count, most: Math.max(count, this.#parts.most) }; }
  setMaximumFractionDigits(count) { this.#parts = { ...this.#parts, most: count, least: Math.min(count, this.#parts.least) }; }
});
`;
