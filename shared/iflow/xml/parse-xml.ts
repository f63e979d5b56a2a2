import { expandReferences, forbiddenCharacter, nameAt } from './characters.ts';
import { lineAt, unixLines } from './lines.ts';
import { piecewise } from './piecewise.ts';
import {
  type ParsedAttribute,
  XmlError,
  type XmlHandler,
  type XmlLimits,
  type XmlName,
  XMLNS_NAMESPACE,
} from './xml-handler.ts';

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** Names that are taken apart once for a document. */
const MAX_KNOWN_NAMES = 1000;
const SPACE = /[ \t\n]+/y;
/** Of one element; and prefixes that are declared at a time. */
const MAX_ATTRIBUTES = 100_000;

/**
 * Reads XML 1.0 with namespaces, in time and memory linear in its length. A document type
 * declaration is refused, and with it every entity but the five of XML itself: nothing can expand,
 * and nothing outside is read.
 * @throws {XmlError}
 */
export function parseXml(text: string, limits: XmlLimits, handler: XmlHandler): void {
  new XmlParser(text, limits, handler).parse();
}

/** An open element with the namespace declarations it has added, to be taken back at its end. */
interface Open {
  readonly nodeName: string;
  readonly shadowed: readonly (readonly [prefix: string, before: string | undefined])[];
}

interface WrittenAttribute {
  readonly name: XmlName;
  readonly value: string;
}

const NOTHING: readonly never[] = [];

class XmlParser {
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #handler: XmlHandler;
  readonly #open: Open[] = [];
  readonly #names = new Map<string, XmlName>();
  readonly #namespaces = new Map<string, string>([
    ['xml', XML_NAMESPACE],
    ['', ''],
  ]);
  #at = 0;
  #nodes = 0;
  #rootSeen = false;

  constructor(text: string, limits: XmlLimits, handler: XmlHandler) {
    if (text.length > limits.maxCharacters) {
      throw new XmlError(`it has more than ${limits.maxCharacters} characters`);
    }
    this.#text = unixLines(text);
    this.#limits = limits;
    this.#handler = handler;
  }

  parse(): void {
    const forbidden = forbiddenCharacter(this.#text);
    if (forbidden >= 0) this.#fail('a character that XML does not allow', forbidden);
    this.#skipDeclaration();
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] === '<') this.#readMarkup();
      else this.#readText();
    }
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) this.#fail(`<${unclosed.nodeName}> is not closed`);
    if (!this.#rootSeen) this.#fail('there is no root element');
  }

  #skipDeclaration(): void {
    if (!/^<\?xml[ \t\n]/.test(this.#text)) return;
    const end = this.#text.indexOf('?>');
    if (end < 0) this.#fail('the XML declaration is not closed');
    this.#at = end + 2;
  }

  #readMarkup(): void {
    const text = this.#text;
    const next = text[this.#at + 1];
    if (next === '/') this.#readEndTag();
    else if (next === '?') this.#readInstruction();
    else if (next !== '!') this.#readStartTag();
    else if (text.startsWith('<!--', this.#at)) this.#readComment();
    else if (text.startsWith('<![CDATA[', this.#at)) {
      const end = this.#find(']]>', this.#at + 9, 'a CDATA section is not closed');
      this.#takeText(text.slice(this.#at + 9, end));
      this.#at = end + 3;
    } else this.#fail('a document type declaration, or entities of its own, are not allowed');
  }

  #readStartTag(): void {
    const from = this.#at;
    this.#at++;
    const name = this.#readName();
    let space = this.#skipSpace();
    let written: WrittenAttribute[] | undefined;
    while (this.#text[this.#at] !== '>' && this.#text[this.#at] !== '/') {
      if (!space) this.#fail('a tag is not well-formed');
      written ??= [];
      written.push({ name: this.#readName(), value: this.#readAttributeValue() });
      if (written.length > MAX_ATTRIBUTES) {
        this.#fail(`an element has more than ${MAX_ATTRIBUTES} attributes`);
      }
      space = this.#skipSpace();
    }
    const empty = this.#text[this.#at] === '/';
    if (empty) this.#at++;
    if (this.#text[this.#at] !== '>') this.#fail('a tag is not well-formed');
    this.#at++;
    const shadowed = written === undefined ? NOTHING : this.#declareNamespaces(written);
    const namespaceURI = this.#resolve(name.prefix ?? '');
    const attributes = written === undefined ? NOTHING : this.#resolveAttributes(written);
    if (this.#open.length === 0 && this.#rootSeen) {
      this.#fail('there is more than one root element');
    }
    if (this.#open.length >= this.#limits.maxDepth) {
      this.#fail(`elements are nested more than ${this.#limits.maxDepth} deep`);
    }
    this.#rootSeen = true;
    this.#count();
    this.#handler.startElement(name, namespaceURI, attributes, from, this.#at);
    if (empty) {
      this.#handler.endElement(this.#at, this.#at);
      this.#forgetNamespaces(shadowed);
    } else this.#open.push({ nodeName: name.nodeName, shadowed });
  }

  #readEndTag(): void {
    const from = this.#at;
    const open = this.#open.pop();
    const name = this.#at + 2;
    this.#at = name + (open?.nodeName.length ?? 0);
    const isClosed = open !== undefined && this.#text.startsWith(open.nodeName, name);
    if (isClosed && this.#text[this.#at] !== '>') this.#skipSpace();
    if (!isClosed || this.#text[this.#at] !== '>') {
      this.#at = name;
      this.#fail(`</${this.#readName().nodeName}> closes nothing that is open`);
    }
    this.#at++;
    this.#handler.endElement(from, this.#at);
    if (open.shadowed !== NOTHING) this.#forgetNamespaces(open.shadowed);
  }

  #readAttributeValue(): string {
    this.#skipSpace();
    if (this.#text[this.#at] !== '=') this.#fail('an attribute has no value');
    this.#at++;
    this.#skipSpace();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail('an attribute value is not in quotes');
    const end = this.#find(quote, this.#at + 1, 'an attribute value is not closed');
    const raw = this.#text.slice(this.#at + 1, end);
    if (raw.includes('<')) this.#fail('an attribute value contains <');
    const value = this.#expand(piecewise(raw, (piece) => piece.replace(/[\t\n]/g, ' ')));
    this.#at = end + 1;
    this.#count();
    return value;
  }

  #readComment(): void {
    const end = this.#find('--', this.#at + 4, 'a comment is not closed');
    if (this.#text[end + 2] !== '>') this.#fail('a comment contains --', end);
    this.#count();
    this.#handler.comment(this.#text.slice(this.#at + 4, end));
    this.#at = end + 3;
  }

  #readInstruction(): void {
    const end = this.#find('?>', this.#at, 'a processing instruction is not closed');
    this.#at += 2;
    const target = this.#readName().nodeName;
    if (target.toLowerCase() === 'xml') this.#fail('an XML declaration is not at the start');
    this.#count();
    this.#handler.instruction(target, this.#text.slice(this.#at, end).trimStart());
    this.#at = end + 2;
  }

  #readText(): void {
    const found = this.#text.indexOf('<', this.#at);
    const end = found < 0 ? this.#text.length : found;
    const raw = this.#text.slice(this.#at, end);
    if (this.#open.length === 0) {
      if (/[^ \t\n]/.test(raw)) this.#fail('there is text outside the root element');
    } else {
      if (raw.includes(']]>')) this.#fail('text contains ]]>');
      this.#takeText(this.#expand(raw));
    }
    this.#at = end;
  }

  #expand(raw: string): string {
    return raw.includes('&') ? expandReferences(raw, (fault) => this.#fail(fault)) : raw;
  }

  #takeText(data: string): void {
    if (this.#open.length === 0) this.#fail('there is text outside the root element');
    if (data === '') return;
    this.#count();
    this.#handler.text(data);
  }

  #declareNamespaces(written: readonly WrittenAttribute[]): Open['shadowed'] {
    let shadowed: [string, string | undefined][] | undefined;
    for (const { name, value } of written) {
      const prefix =
        name.nodeName === 'xmlns' ? '' : name.prefix === 'xmlns' ? name.localName : undefined;
      if (prefix === undefined) continue;
      const reserved = prefix === 'xml' ? value !== XML_NAMESPACE : value === XML_NAMESPACE;
      if (prefix === 'xmlns' || value === XMLNS_NAMESPACE || reserved) {
        this.#fail('a namespace declaration uses a reserved name');
      }
      if (prefix !== '' && value === '') this.#fail(`the prefix ${prefix} has no namespace`);
      shadowed ??= [];
      shadowed.push([prefix, this.#namespaces.get(prefix)]);
      this.#namespaces.set(prefix, value);
    }
    if (this.#namespaces.size > MAX_ATTRIBUTES) {
      this.#fail(`more than ${MAX_ATTRIBUTES} namespace prefixes are declared`);
    }
    return shadowed ?? NOTHING;
  }

  #forgetNamespaces(shadowed: Open['shadowed']): void {
    for (const [prefix, before] of shadowed) {
      if (before === undefined) this.#namespaces.delete(prefix);
      else this.#namespaces.set(prefix, before);
    }
  }

  #resolve(prefix: string): string | null {
    const uri = this.#namespaces.get(prefix);
    if (uri === undefined) this.#fail(`the prefix ${prefix} is not declared`);
    return uri === '' ? null : uri;
  }

  #resolveAttributes(written: readonly WrittenAttribute[]): ParsedAttribute[] {
    const seen = new Set<string>();
    return written.map(({ name, value }) => {
      const declares = name.nodeName === 'xmlns' || name.prefix === 'xmlns';
      const namespaceURI = declares
        ? XMLNS_NAMESPACE
        : name.prefix === null
          ? null
          : this.#resolve(name.prefix);
      const expanded = `${namespaceURI ?? ''} ${name.localName}`;
      if (seen.has(expanded)) this.#fail(`the attribute ${name.nodeName} appears twice`);
      seen.add(expanded);
      const { nodeName, localName, prefix } = name;
      return { nodeName, localName, prefix, namespaceURI, value };
    });
  }

  #readName(): XmlName {
    const nodeName = nameAt(this.#text, this.#at);
    if (nodeName === undefined) this.#fail('a name is missing or not well-formed');
    this.#at += nodeName.length;
    const known = this.#names.get(nodeName);
    if (known !== undefined) return known;
    const name = this.#split(nodeName);
    if (this.#names.size < MAX_KNOWN_NAMES) this.#names.set(nodeName, name);
    return name;
  }

  #split(nodeName: string): XmlName {
    const colon = nodeName.indexOf(':');
    if (colon < 0) return { nodeName, localName: nodeName, prefix: null };
    const localName = nodeName.slice(colon + 1);
    if (colon === 0 || localName === '' || localName.includes(':')) {
      this.#fail(`${nodeName} is not a name with a prefix`);
    }
    return { nodeName, localName, prefix: nodeName.slice(0, colon) };
  }

  #skipSpace(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x09) return false;
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
    return true;
  }

  #find(what: string, from: number, fault: string): number {
    const found = this.#text.indexOf(what, from);
    if (found < 0) this.#fail(fault);
    return found;
  }

  #count(): void {
    if (++this.#nodes > this.#limits.maxNodes) {
      this.#fail(`it has more than ${this.#limits.maxNodes} elements and attributes`);
    }
  }

  #fail(fault: string, at = this.#at): never {
    throw new XmlError(`${fault} (line ${lineAt(this.#text, at)})`);
  }
}
