import { joinTexts } from '../../../large-text.ts';
import { piecewise } from '../../../xml/piecewise.ts';
import { XmlError } from '../../../xml/xml-handler.ts';

export interface XmlModifierSettings {
  readonly removeDeclaration: boolean;
  /** Takes out a document type declaration that refers to something outside the document. */
  readonly removeExternalDtd: boolean;
  /** What becomes of characters that XML does not allow. */
  readonly characters: 'none' | 'remove' | 'substitute';
}

const DECLARATION = /^\uFEFF?\s*(<\?xml\s[^>]*?\?>)/;
// XML 1.0 section 2.2, and XML 1.1 section 2.2.
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Surrogate}/gu;
const FORBIDDEN_1_1 = /[\0\uFFFE\uFFFF]|\p{Surrogate}/gu;
/** XML 1.1 allows these as references only. */
const RESTRICTED_1_1 = /[\x01-\x08\x0B\x0C\x0E-\x1F\x7F-\x84\x86-\x9F]/g;

/**
 * Takes the declaration, a document type declaration with external references, and forbidden
 * characters out of XML text (SAP Help, Define XML Modifier). Nothing is read as XML: what is left is
 * for later steps to accept, and entities are neither looked up nor expanded.
 * @throws {XmlError} where it cannot be told how far a document type declaration goes.
 */
export function modifyXml(xml: string, settings: XmlModifierSettings): string {
  const text = replaceForbidden(xml, settings.characters);
  const declaration = DECLARATION.exec(text);
  const end = declaration?.[0].length ?? 0;
  const start = end - (declaration?.[1]?.length ?? 0);
  const head = settings.removeDeclaration ? text.slice(0, start) : text.slice(0, end);
  const dtd = settings.removeExternalDtd ? findDtd(text, end) : undefined;
  if (dtd?.isExternal === true) {
    return joinTexts([head, text.slice(end, dtd.from), text.slice(dtd.to)]);
  }
  return end === head.length ? text : joinTexts([head, text.slice(end)]);
}

/** The text with its declaration saying that it is in UTF-8. */
export function declareUtf8(xml: string): string {
  const declaration = DECLARATION.exec(xml)?.[0];
  if (declaration === undefined) return xml;
  const named = declaration.replace(/(encoding\s*=\s*)(?:"[^"]*"|'[^']*')/, '$1"UTF-8"');
  return joinTexts([named, xml.slice(declaration.length)]);
}

function replaceForbidden(xml: string, characters: XmlModifierSettings['characters']): string {
  if (characters === 'none') return xml;
  const sign = characters === 'remove' ? '' : '#';
  const declaration = DECLARATION.exec(xml)?.[1] ?? '';
  if (!/version\s*=\s*["']1\.1["']/.test(declaration)) {
    return piecewise(xml, (piece) => piece.replace(FORBIDDEN, sign));
  }
  const reference = (control: string): string => `&#x${control.charCodeAt(0).toString(16)};`;
  return piecewise(xml, (piece) =>
    piece.replace(FORBIDDEN_1_1, sign).replace(RESTRICTED_1_1, reference),
  );
}

interface Dtd {
  readonly from: number;
  readonly to: number;
  readonly isExternal: boolean;
}

/** The document type declaration, which comments and instructions may stand before. */
function findDtd(text: string, prologFrom: number): Dtd | undefined {
  const space = /\s*/y;
  let at = prologFrom;
  for (;;) {
    space.lastIndex = at;
    space.test(text);
    at = space.lastIndex;
    if (text.startsWith('<!--', at)) at = endOf(text, '-->', at + 4);
    else if (text.startsWith('<?', at)) at = endOf(text, '?>', at + 2);
    else break;
  }
  return text.startsWith('<!DOCTYPE', at) ? readDtd(text, at) : undefined;
}

/** XML 1.0 section 2.8: quotes hide every sign, and the part in brackets has declarations of its own. */
function readDtd(text: string, from: number): Dtd {
  const head = readDeclaration(text, from, '[');
  let isExternal = /^<!DOCTYPE\s+[^\s"'[>]+\s+(?:SYSTEM|PUBLIC)\b/.test(head.bare);
  let at = head.to;
  if (text[at - 1] !== '[') return { from, to: at, isExternal };
  const sign = /[<\]]/g;
  for (;;) {
    sign.lastIndex = at;
    const found = sign.exec(text);
    if (found === null) throw new XmlError('its document type declaration is not closed');
    at = found.index;
    if (found[0] === ']') return { from, to: endOf(text, '>', at + 1), isExternal };
    if (text.startsWith('<!--', at)) at = endOf(text, '-->', at + 4);
    else if (text.startsWith('<?', at)) at = endOf(text, '?>', at + 2);
    else {
      const { bare, to } = readDeclaration(text, at, '>');
      isExternal ||= /^<!(?:ENTITY(?:\s+%)?|NOTATION)\s+[^\s"'>]+\s+(?:SYSTEM|PUBLIC)\b/.test(bare);
      at = to;
    }
  }
}

/** Up to `>`, or to another sign if that comes first; `bare` is what is not in quotes. */
function readDeclaration(text: string, from: number, or: '[' | '>'): { bare: string; to: number } {
  const stop = or === '[' ? /["'[>]/g : /["'>]/g;
  let bare = '';
  let at = from;
  for (;;) {
    stop.lastIndex = at;
    const found = stop.exec(text);
    if (found === null) throw new XmlError('its document type declaration is not closed');
    bare += text.slice(at, found.index);
    at = found.index + 1;
    const [sign] = found;
    if (sign !== '"' && sign !== "'") return { bare, to: at };
    at = endOf(text, sign, at);
  }
}

function endOf(text: string, sign: string, from: number): number {
  const found = text.indexOf(sign, from);
  if (found < 0) throw new XmlError('something before its root element is not closed');
  return found + sign.length;
}
