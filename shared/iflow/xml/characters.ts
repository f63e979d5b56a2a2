import { grown, type GrowingText, textOf } from '../large-text.ts';

const NAME_START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const NAME_PATTERN = `[${NAME_START}][${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`;
const NAME = new RegExp(NAME_PATTERN, 'uy');
const WHOLE_NAME = new RegExp(`^${NAME_PATTERN}$`, 'u');
/** Most names, found faster; what follows one must not go on with the name. */
const PLAIN_NAME = /[A-Za-z_][A-Za-z_0-9.-]*(?::[A-Za-z_][A-Za-z_0-9.-]*)?(?=[\s=>/?])/y;
// XML 1.0 section 2.2; a lone surrogate is no character either.
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Surrogate}/u;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
]);

/** What is put together before it is added to the rest. */
const MAX_RUN = 8192;
/** Characters between `&` and `;`. */
const MAX_REFERENCE = 16;

/** The name, with or without prefix, that begins at a place in the text (XML 1.0 section 2.3). */
export function nameAt(text: string, at: number): string | undefined {
  // `test` makes no match object, of which a document would need one for each tag.
  PLAIN_NAME.lastIndex = at;
  if (PLAIN_NAME.test(text)) return text.slice(at, PLAIN_NAME.lastIndex);
  NAME.lastIndex = at;
  return NAME.test(text) ? text.slice(at, NAME.lastIndex) : undefined;
}

/** Whether a text may be the name of an element or attribute without prefix (NCName). */
export function isNcName(text: string): boolean {
  return !text.includes(':') && WHOLE_NAME.test(text);
}

/** Where the first character that XML 1.0 does not allow stands (section 2.2); -1 for none. */
export function forbiddenCharacter(text: string): number {
  return FORBIDDEN.exec(text)?.index ?? -1;
}

/**
 * Replaces character references and the five entities of XML itself.
 * @param fail is told of any other.
 */
export function expandReferences(raw: string, fail: (fault: string) => never): string {
  let text: string | GrowingText = '';
  let run = '';
  let from = 0;
  for (let at = raw.indexOf('&'); at >= 0; at = raw.indexOf('&', from)) {
    const end = raw.indexOf(';', at);
    if (end < 0 || end - at - 1 > MAX_REFERENCE) fail('a reference to an unknown entity');
    if (at - from >= MAX_RUN || run.length >= MAX_RUN) {
      text = grown(grown(text, run), raw.slice(from, at));
      run = '';
    } else run += raw.slice(from, at);
    run += referenced(raw.slice(at + 1, end), fail);
    from = end + 1;
  }
  return textOf(grown(grown(text, run), raw.slice(from)));
}

function referenced(name: string, fail: (fault: string) => never): string {
  const plain = ENTITIES.get(name);
  if (plain !== undefined) return plain;
  const number = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(name);
  if (number === null) return fail('a reference to an unknown entity');
  const code = number[1] === undefined ? Number(number[2]) : parseInt(number[1], 16);
  const character = code > 0x10ffff ? '\0' : String.fromCodePoint(code);
  return FORBIDDEN.test(character)
    ? fail('a reference to a character that XML does not allow')
    : character;
}
