/**
 * `java.util.regex`, as guest source: Java's patterns written as JavaScript's. What JavaScript has not
 * (possessive quantifiers, atomic groups, `\G`, classes in classes) is an error that says so.
 */
export const regexes = String.raw`
const POSIX = {
  Alpha: 'A-Za-z', Digit: '0-9', Alnum: 'A-Za-z0-9', Upper: 'A-Z', Lower: 'a-z', Punct: '!-\\/:-@\\[-\`{-~',
  Space: ' \\t\\n\\x0b\\f\\r', Blank: ' \\t', XDigit: '0-9A-Fa-f', ASCII: '\\x00-\\x7f', Cntrl: '\\x00-\\x1f\\x7f',
  Graph: '!-~', Print: ' -~', IsAlphabetic: '\\p{Alphabetic}', IsDigit: '\\p{Nd}', IsLetter: '\\p{L}', IsLatin: '\\p{Script=Latin}',
};
const bad = (why, source) => raise('java.util.regex.PatternSyntaxException', why + ' in ' + source);
/** @returns source and flags for a RegExp */
const translate = (source, flags) => {
  let out = '';
  let inClass = false;
  let rest = String(source);
  const leading = /^\(\?([a-zA-Z]+)\)/.exec(rest);
  if (leading !== null) {
    for (const flag of leading[1]) {
      if ('ims'.includes(flag)) flags += flag;
      else if (flag !== 'u' && flag !== 'U') bad('The flag ' + flag + ' is not available', source);
    }
    rest = rest.slice(leading[0].length);
  }
  const token = /\\Q([^]*?)(?:\\E|$)|\\([pP])\{(\w+)\}|\\([^])|([*+?}])\+|\(\?>|&&|\[|\]|\/|[^]/g;
  for (const [all, quoted, property, name, escaped, possessive] of rest.matchAll(token)) {
    if (quoted !== undefined) out += quoted.replace(/[\\^$.*+?()[\]{}|\/-]/g, '\\$&');
    else if (property !== undefined) {
      const set = POSIX[name] ?? '\\p{' + name + '}';
      if (property === 'P') out += inClass ? bad('\\P in a class', source) : '[^' + set + ']';
      else out += inClass ? set : '[' + set + ']';
    } else if (escaped !== undefined) {
      if (escaped === 'A') out += '(?<![^])';
      else if (escaped === 'z') out += '(?![^])';
      else if (escaped === 'Z') out += '(?=\\n?(?![^]))';
      else if (escaped === 'h') out += inClass ? ' \\t\\xa0' : '[ \\t\\xa0]';
      else if (escaped === 'R') out += '(?:\\r\\n|[\\n\\r\\u2028\\u2029])';
      else if (escaped === 'e') out += '\\x1b';
      else if (escaped === 'a') out += '\\x07';
      else if (escaped === 'G' || escaped === 'X') bad('\\' + escaped, source);
      else out += /[A-Za-z0-9^$\\.*+?()[\]{}|\/-]/.test(escaped) ? all : escaped;
    } else if (possessive !== undefined && !inClass) bad('The possessive quantifier ' + all, source);
    else if (all === '(?>' && !inClass) bad('The atomic group', source);
    else if (all === '[') {
      if (inClass) bad('A class in a class', source);
      inClass = true;
      out += all;
    } else {
      if (all === ']') inClass = false;
      if (inClass && all === '&&') bad('&&', source);
      out += all === '/' ? '\\/' : all;
    }
  }
  return [out, flags];
};
class Pattern {
  #source;
  #expression;
  constructor(source, flags) {
    this.#source = String(source);
    const given = (flags & 2 ? 'i' : '') + (flags & 8 ? 'm' : '') + (flags & 32 ? 's' : '');
    const [text, all] = flags & 16 ? [this.#source.replace(/[\\^$.*+?()[\]{}|\/-]/g, '\\$&'), given] : translate(source, given);
    const options = Array.from(new Set('gd' + all)).join('');
    try {
      this.#expression = new RegExp(text, options + 'u');
    } catch {
      try {
        this.#expression = new RegExp(text, options);
      } catch (error) {
        bad(error.message, this.#source);
      }
    }
  }
  static compile(source, flags = 0) { return new Pattern(source, flags); }
  static matches(source, text) { return new Pattern(source, 0).matcher(text).matches(); }
  static quote(text) { return '\\Q' + text + '\\E'; }
  matcher(text) { return new Matcher(this, new RegExp(this.#expression), String(text)); }
  pattern() { return this.#source; }
  /** Without a limit, empty strings at the end are left out. */
  split(text, limit = 0) {
    const parts = [];
    let from = 0;
    for (const found of String(text).matchAll(this.#expression)) {
      if (limit > 0 && parts.length === limit - 1) break;
      const end = found.index + found[0].length;
      // Nothing that matches at the start or the end makes an empty string.
      if (found[0] === '' && (found.index === 0 || found.index === text.length)) continue;
      parts.push(text.slice(from, found.index));
      from = end;
    }
    parts.push(text.slice(from));
    while (limit === 0 && parts.length > 1 && parts.at(-1) === '') parts.pop();
    return parts;
  }
  toString() { return this.#source; }
}
hide(Pattern, { CASE_INSENSITIVE: 2, MULTILINE: 8, LITERAL: 16, DOTALL: 32, UNICODE_CASE: 64 });
define('java.util.regex.Pattern', Pattern);
class Matcher {
  #pattern;
  #expression;
  #text;
  #found = null;
  #appended = 0;
  constructor(pattern, expression, text) {
    this.#pattern = pattern;
    this.#expression = expression;
    this.#text = text;
  }
  #at(from) {
    this.#expression.lastIndex = from;
    this.#found = this.#expression.exec(this.#text);
    // An empty match would be found again and again.
    if (this.#found !== null && this.#found[0] === '') this.#expression.lastIndex += 1;
    return this.#found !== null;
  }
  find(from) { return this.#at(from ?? this.#expression.lastIndex); }
  matches() {
    const whole = new RegExp('^(?:' + this.#expression.source + ')(?![^])', this.#expression.flags.replace(/[gm]/g, ''));
    this.#found = whole.exec(this.#text);
    return this.#found !== null;
  }
  lookingAt() { return this.#at(0) && this.#found.index === 0; }
  hitEnd() { return this.#found === null; }
  reset() { this.#expression.lastIndex = 0; this.#appended = 0; this.#found = null; return this; }
  #last() { return this.#found ?? raise('java.lang.IllegalStateException', 'No match found'); }
  group(which = 0) {
    const found = this.#last();
    if (typeof which === 'number') {
      if (which >= found.length) raise('java.lang.IndexOutOfBoundsException', 'No group ' + which);
      return found[which] ?? null;
    }
    return found.groups?.[which] ?? null;
  }
  groupCount() { return new RegExp(this.#expression.source + '|', this.#expression.flags).exec('').length - 1; }
  start(which = 0) { return this.#last().indices[which]?.[0] ?? -1; }
  end(which = 0) { return this.#last().indices[which]?.[1] ?? -1; }
  #filled(by) {
    return String(by).replace(/\\([^])|\$(\d)|\$\{(\w+)\}/g, (_, escaped, digit, name) =>
      escaped ?? this.group(name ?? Number(digit)) ?? '');
  }
  #replace(by, all) {
    let out = '';
    let from = 0;
    this.reset();
    while (this.find()) {
      out += this.#text.slice(from, this.start()) + this.#filled(by);
      from = this.end();
      if (!all) break;
    }
    return out + this.#text.slice(from);
  }
  replaceAll(by) { return this.#replace(by, true); }
  replaceFirst(by) { return this.#replace(by, false); }
  appendReplacement(buffer, by) {
    buffer.append(this.#text.slice(this.#appended, this.start()) + this.#filled(by));
    this.#appended = this.end();
    return this;
  }
  appendTail(buffer) { return buffer.append(this.#text.slice(this.#appended)); }
  static quoteReplacement(text) { return String(text).replace(/[\\$]/g, '\\$&'); }
  pattern() { return this.#pattern; }
}
define('java.util.regex.Matcher', Matcher);
`;
