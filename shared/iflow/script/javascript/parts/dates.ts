/**
 * `java.util.Date`, `Calendar`, `TimeZone`, `Locale` and `java.text.SimpleDateFormat`, as guest source.
 * The clock runs in UTC; what other zones are offset by, and how dates are written, the host knows.
 */
export const dates = String.raw`
const DAY = 86400000;
const NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
  'November', 'December'];
class JavaDate extends Date {
  constructor(...values) {
    if (values.length > 1) super(Date.UTC(values[0] + 1900, ...values.slice(1)));
    else super(...(values.length === 0 ? [] : [isObject(values[0]) ? values[0].getTime() : values[0]]));
  }
  before(other) { return this.getTime() < other.getTime(); }
  after(other) { return this.getTime() > other.getTime(); }
  compareTo(other) { return Math.sign(this.getTime() - other.getTime()); }
  equals(other) { return other instanceof Date && this.getTime() === other.getTime(); }
  toInstant() { return new Instant(this.getTime()); }
  toString() {
    const two = (number) => String(number).padStart(2, '0');
    return [NAMES[this.getUTCDay()], MONTHS[this.getUTCMonth()].slice(0, 3), two(this.getUTCDate()),
      [this.getUTCHours(), this.getUTCMinutes(), this.getUTCSeconds()].map(two).join(':'), 'UTC', this.getUTCFullYear()].join(' ');
  }
}
define('java.util.Date', JavaDate);
class Instant {
  #time;
  constructor(time) { this.#time = time; }
  static now() { return new Instant(Date.now()); }
  static ofEpochMilli(time) { return new Instant(time); }
  static ofEpochSecond(seconds) { return new Instant(seconds * 1000); }
  static parse(text) {
    const time = Date.parse(text);
    return Number.isNaN(time) ? raise('java.text.ParseException', "Text '" + text + "' could not be parsed") : new Instant(time);
  }
  toEpochMilli() { return this.#time; }
  getEpochSecond() { return Math.floor(this.#time / 1000); }
  plusSeconds(seconds) { return new Instant(this.#time + seconds * 1000); }
  plusMillis(ms) { return new Instant(this.#time + ms); }
  minusSeconds(seconds) { return new Instant(this.#time - seconds * 1000); }
  isBefore(other) { return this.#time < other.toEpochMilli(); }
  isAfter(other) { return this.#time > other.toEpochMilli(); }
  equals(other) { return other instanceof Instant && other.toEpochMilli() === this.#time; }
  toString() { return new Date(this.#time).toISOString().replace(/\.000Z$/, 'Z'); }
}
define('java.time.Instant', Instant);

class TimeZone {
  #id;
  constructor(id) { this.#id = id; }
  /** As Java: GMT for a zone that nobody knows. */
  static getTimeZone(id) {
    const known = host('offset', String(id), 0) !== undefined;
    return new TimeZone(known ? String(id) : 'GMT');
  }
  static getDefault() { return new TimeZone('UTC'); }
  getID() { return this.#id; }
  getDisplayName() { return this.#id; }
  getOffset(time) { return host('offset', this.#id, Number(time)); }
  getRawOffset() { return this.getOffset(Date.UTC(new Date().getUTCFullYear(), 0, 1)); }
  inDaylightTime(date) { return this.getOffset(date.getTime()) !== this.getRawOffset(); }
  equals(other) { return other instanceof TimeZone && other.getID() === this.#id; }
}
define('java.util.TimeZone', TimeZone);
class Locale {
  #tag;
  constructor(language, country = '') { this.#tag = country === '' ? String(language) : language + '_' + country; }
  static forLanguageTag(tag) { return new Locale(String(tag).replace('-', '_')); }
  static getDefault() { return Locale.ENGLISH; }
  getLanguage() { return this.#tag.split('_')[0]; }
  getCountry() { return this.#tag.split('_')[1] ?? ''; }
  toString() { return this.#tag; }
}
hide(Locale, {
  ENGLISH: new Locale('en'), US: new Locale('en', 'US'), UK: new Locale('en', 'GB'), GERMANY: new Locale('de', 'DE'),
  GERMAN: new Locale('de'), FRANCE: new Locale('fr', 'FR'), ROOT: new Locale(''),
});
define('java.util.Locale', Locale);

/** The moment at which a clock in the zone shows what UTC would show at "wall". */
const fromWall = (wall, zone) => {
  const guess = wall - zone.getOffset(wall);
  return wall - zone.getOffset(guess);
};
const FIELDS = {
  ERA: 0, YEAR: 1, MONTH: 2, WEEK_OF_YEAR: 3, WEEK_OF_MONTH: 4, DATE: 5, DAY_OF_MONTH: 5, DAY_OF_YEAR: 6, DAY_OF_WEEK: 7,
  DAY_OF_WEEK_IN_MONTH: 8, AM_PM: 9, HOUR: 10, HOUR_OF_DAY: 11, MINUTE: 12, SECOND: 13, MILLISECOND: 14,
  SUNDAY: 1, MONDAY: 2, TUESDAY: 3, WEDNESDAY: 4, THURSDAY: 5, FRIDAY: 6, SATURDAY: 7, AM: 0, PM: 1,
  ...Object.fromEntries(MONTHS.map((month, i) => [month.toUpperCase(), i])),
};
class Calendar {
  #time;
  #zone;
  constructor(...values) {
    this.#zone = values[0] instanceof TimeZone ? values[0] : TimeZone.getDefault();
    this.#time = Date.now();
    if (typeof values[0] === 'number') {
      this.#time = 0;
      this.clear();
      this.set(...values);
    }
  }
  static getInstance(...how) { return new GregorianCalendar(...how.filter((value) => value instanceof TimeZone)); }
  /** A date whose UTC fields are what a clock in the zone shows. */
  #wall() { return new Date(this.#time + this.#zone.getOffset(this.#time)); }
  #put(wall) { this.#time = fromWall(wall.getTime(), this.#zone); }
  getTime() { return new JavaDate(this.#time); }
  setTime(date) { this.#time = date.getTime(); }
  getTimeInMillis() { return this.#time; }
  setTimeInMillis(time) { this.#time = Number(time); }
  getTimeZone() { return this.#zone; }
  setTimeZone(zone) { this.#zone = zone; }
  toInstant() { return new Instant(this.#time); }
  get(field) {
    const wall = this.#wall();
    const newYear = Date.UTC(wall.getUTCFullYear(), 0, 1);
    const saturday = new Date(wall.getTime() + (6 - wall.getUTCDay()) * DAY);
    const dayOfYear = Math.floor((wall.getTime() - newYear) / DAY) + 1;
    switch (field) {
      case 0: return 1;
      case 1: return wall.getUTCFullYear();
      case 2: return wall.getUTCMonth();
      // Weeks begin on Sunday, and that of 1 January is the first.
      case 3: return saturday.getUTCFullYear() > wall.getUTCFullYear() ? 1 : Math.floor((dayOfYear - 1 + new Date(newYear).getUTCDay()) / 7) + 1;
      case 4: return Math.floor((wall.getUTCDate() - 1 + new Date(wall.getTime() - (wall.getUTCDate() - 1) * DAY).getUTCDay()) / 7) + 1;
      case 5: return wall.getUTCDate();
      case 6: return dayOfYear;
      case 7: return wall.getUTCDay() + 1;
      case 8: return Math.ceil(wall.getUTCDate() / 7);
      case 9: return wall.getUTCHours() < 12 ? 0 : 1;
      case 10: return wall.getUTCHours() % 12;
      case 11: return wall.getUTCHours();
      case 12: return wall.getUTCMinutes();
      case 13: return wall.getUTCSeconds();
      case 14: return wall.getUTCMilliseconds();
      default: return raise('java.lang.IllegalArgumentException', 'Unknown field ' + field);
    }
  }
  /** (field, value), or (year, month, date, hour, minute, second) */
  set(...values) {
    const wall = this.#wall();
    if (values.length > 2) {
      wall.setUTCFullYear(values[0], values[1], values[2]);
      if (values.length > 3) wall.setUTCHours(values[3], values[4] ?? 0, values[5] ?? wall.getUTCSeconds());
    } else this.#change(wall, values[0], values[1] - this.get(values[0]), values[1]);
    this.#put(wall);
  }
  add(field, amount) {
    const wall = this.#wall();
    if (field === 1 || field === 2) {
      // The day stays within the month that it comes to.
      const day = wall.getUTCDate();
      wall.setUTCDate(1);
      this.#change(wall, field, amount);
      const last = new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 0)).getUTCDate();
      wall.setUTCDate(Math.min(day, last));
      this.#put(wall);
    } else if (field >= 10) {
      this.#time += amount * [3600000, 3600000, 60000, 1000, 1][field - 10];
    } else {
      this.#change(wall, field, amount);
      this.#put(wall);
    }
  }
  #change(wall, field, amount) {
    switch (field) {
      case 1: wall.setUTCFullYear(wall.getUTCFullYear() + amount); break;
      case 2: wall.setUTCMonth(wall.getUTCMonth() + amount); break;
      case 3: case 4: case 8: wall.setUTCDate(wall.getUTCDate() + 7 * amount); break;
      case 5: case 6: case 7: wall.setUTCDate(wall.getUTCDate() + amount); break;
      case 9: wall.setUTCHours(wall.getUTCHours() + 12 * amount); break;
      case 10: case 11: wall.setUTCHours(wall.getUTCHours() + amount); break;
      case 12: wall.setUTCMinutes(wall.getUTCMinutes() + amount); break;
      case 13: wall.setUTCSeconds(wall.getUTCSeconds() + amount); break;
      case 14: wall.setUTCMilliseconds(wall.getUTCMilliseconds() + amount); break;
      default: raise('java.lang.IllegalArgumentException', 'Unknown field ' + field);
    }
  }
  clear() { this.#put(new Date(0)); }
  getActualMaximum(field) {
    const wall = this.#wall();
    if (field === 5) return new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 0)).getUTCDate();
    if (field === 6) return (Date.UTC(wall.getUTCFullYear() + 1, 0, 1) - Date.UTC(wall.getUTCFullYear(), 0, 1)) / DAY;
    return { 2: 11, 7: 7, 10: 11, 11: 23, 12: 59, 13: 59, 14: 999 }[field] ??
      raise('java.lang.IllegalArgumentException', 'Unknown field ' + field);
  }
  before(other) { return this.#time < other.getTimeInMillis(); }
  after(other) { return this.#time > other.getTimeInMillis(); }
  compareTo(other) { return Math.sign(this.#time - other.getTimeInMillis()); }
  equals(other) { return other instanceof Calendar && other.getTimeInMillis() === this.#time; }
  value_() { return new Date(this.#time).toISOString(); }
}
hide(Calendar, FIELDS);
define('java.util.Calendar', Calendar);
class GregorianCalendar extends Calendar {
  isLeapYear(year) { return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0; }
}
define('java.util.GregorianCalendar', GregorianCalendar);

/** What a letter of a pattern reads; a number unless it is here. */
const monthNames = MONTHS.map((month) => month + '|' + month.slice(0, 3)).join('|');
const READERS = { E: '[A-Za-z]+', a: '[AaPp][Mm]', z: '[A-Za-z:+0-9_/-]+', Z: '[+-]\\d{4}', X: 'Z|[+-]\\d\\d(?::?\\d\\d)?' };
class SimpleDateFormat {
  #pattern;
  #zone = TimeZone.getDefault();
  #lenient = true;
  constructor(pattern) {
    this.#pattern = String(pattern);
    const problem = host('dateFormat', this.#pattern);
    if (problem !== '') raise('java.lang.IllegalArgumentException', 'The pattern "' + this.#pattern + '" ' + problem);
  }
  setTimeZone(zone) { this.#zone = zone; }
  getTimeZone() { return this.#zone; }
  setLenient(lenient) { this.#lenient = lenient; }
  toPattern() { return this.#pattern; }
  format(date) {
    return host('formatDate', this.#pattern, Number(isObject(date) ? date.getTime() : date), this.#zone.getID()) ??
      raise('java.lang.IllegalArgumentException', 'Cannot format given Object as a Date');
  }
  parse(text) {
    const fail = () => raise('java.text.ParseException', 'Unparseable date: "' + text + '"');
    const letters = [];
    let source = '';
    const token = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^]/g;
    for (const part of this.#pattern.matchAll(token)) {
      const [all, quoted, letter] = part;
      if (letter === undefined) {
        const literal = quoted === undefined ? all : quoted === '' ? "'" : quoted.replace(/''/g, "'");
        source += literal.replace(/[\\^$.*+?()[\]{}|\/-]/g, '\\$&');
        continue;
      }
      letters.push([letter, all.length]);
      const named = letter === 'M' && all.length > 2;
      // Digits that are followed by others end where the pattern says.
      const next = this.#pattern.charAt(part.index + all.length);
      const digits = /[a-zA-Z]/.test(next) ? '\\d{' + all.length + '}' : '\\d+';
      source += '(' + (named ? monthNames : READERS[letter] ?? digits) + ')';
    }
    const found = new RegExp('^' + source, 'i').exec(String(text)) ?? fail();
    const at = { y: 1970, M: 1, d: 1, H: 0, m: 0, s: 0, S: 0 };
    let zone = this.#zone;
    let offset;
    letters.forEach(([letter, count], i) => {
      const given = found[i + 1];
      const number = Number(given);
      switch (letter) {
        case 'y': at.y = count === 2 && given.length === 2 ? twoDigitYear(number) : number; break;
        case 'M': at.M = count > 2 ? MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === given.slice(0, 3).toLowerCase()) + 1 : number; break;
        case 'k': at.H = number % 24; break;
        case 'h': at.half = number % 12; break;
        case 'K': at.half = number; break;
        case 'a': at.pm = /p/i.test(given); break;
        case 'D': at.M = 1; at.d = number; break;
        case 'Z': case 'X': offset = offsetIn(given); break;
        case 'z': if (/[+-]\d/.test(given)) offset = offsetIn(given.replace(/^[A-Za-z]+/, '')); else zone = TimeZone.getTimeZone(given); break;
        case 'E': case 'G': case 'u': break;
        default: at[letter] = number;
      }
    });
    if (at.half !== undefined) at.H = at.half + (at.pm ? 12 : 0);
    if (!this.#lenient && (at.M < 1 || at.M > 12 || at.d < 1 || at.d > new Date(Date.UTC(at.y, at.M, 0)).getUTCDate() ||
        at.H > 23 || at.m > 59 || at.s > 59)) fail();
    if (at.y > 200000) fail();
    const wall = new Date(0);
    wall.setUTCFullYear(at.y, at.M - 1, at.d);
    wall.setUTCHours(at.H, at.m, at.s, at.S);
    return new JavaDate(offset === undefined ? fromWall(wall.getTime(), zone) : wall.getTime() - offset);
  }
}
/** As Java: between 80 years before and 20 years after the moment. */
const twoDigitYear = (number) => {
  const year = new Date().getUTCFullYear();
  const full = year - (year % 100) + number;
  return full > year + 20 ? full - 100 : full <= year - 80 ? full + 100 : full;
};
const offsetIn = (text) => {
  if (text === 'Z' || text === 'z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) ?? raise('java.text.ParseException', 'Unparseable offset: "' + text + '"');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60000;
};
define('java.text.SimpleDateFormat', SimpleDateFormat);
define('java.text.DateFormat', class { static [Symbol.hasInstance](value) { return value instanceof SimpleDateFormat; } });
`;
