import { append, XmlDocument, XmlElement, type XmlAttribute, type XmlNode } from './nodes.ts';

export interface XmlLimits {
  readonly maxCharacters: number;
  /** Elements inside each other. */
  readonly maxDepth: number;
  /** Elements, attributes, texts, comments and instructions together. */
  readonly maxNodes: number;
}

/** Text that is not well-formed XML, or more of it than allowed. `message` is a clause with the line. */
export class XmlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlError';
  }
}

const NAME_START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const NAME = new RegExp(
  `[${NAME_START}][${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`,
  'uy',
);
const SPACE = /[ \t\n]*/y;
// XML 1.0 section 2.2; a lone surrogate is no character either.
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Surrogate}/u;
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  apos: "'",
  quot: '"',
};

/**
 * Reads XML 1.0 with namespaces, in time and memory linear in its length. A document type
 * declaration is refused, and with it every entity but the five of XML itself: nothing can expand,
 * and nothing outside is read.
 * @throws {XmlError}
 */
export function readXml(text: string, limits: XmlLimits): XmlDocument {
  return new XmlReader(text, limits).read();
}

interface Name {
  readonly nodeName: string;
  readonly localName: string;
  readonly prefix: string | null;
}

/** An open element with the namespace declarations it has added, to be taken back at its end. */
interface Open {
  readonly element: XmlElement;
  readonly shadowed: readonly (readonly [prefix: string, before: string | undefined])[];
}

class XmlReader {
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #document = new XmlDocument();
  readonly #open: Open[] = [];
  readonly #namespaces = new Map<string, string>([
    ['xml', XML_NAMESPACE],
    ['', ''],
  ]);
  #at = 0;
  #nodes = 0;

  constructor(text: string, limits: XmlLimits) {
    if (text.length > limits.maxCharacters) {
      throw new XmlError(`it has more than ${limits.maxCharacters} characters`);
    }
    // Section 2.11: every line end is read as one line feed.
    const unix = text.includes('\r') ? text.replaceAll('\r\n', '\n').replaceAll('\r', '\n') : text;
    this.#text = unix.startsWith('\uFEFF') ? unix.slice(1) : unix;
    this.#limits = limits;
  }

  read(): XmlDocument {
    const forbidden = FORBIDDEN.exec(this.#text);
    if (forbidden !== null) this.#fail('a character that XML does not allow', forbidden.index);
    this.#skipDeclaration();
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] === '<') this.#readMarkup();
      else this.#readText();
    }
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) this.#fail(`<${unclosed.element.nodeName}> is not closed`);
    if (this.#document.elements().length === 0) this.#fail('there is no root element');
    return this.#document;
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
      this.#addText(text.slice(this.#at + 9, end));
      this.#at = end + 3;
    } else this.#fail('a document type declaration, or entities of its own, are not allowed');
  }

  #readStartTag(): void {
    this.#at++;
    const name = this.#readName();
    const written: { name: Name; value: string }[] = [];
    const seen = new Set<string>();
    let space = this.#skipSpace();
    while (this.#text[this.#at] !== '>' && this.#text[this.#at] !== '/') {
      if (!space) this.#fail('a tag is not well-formed');
      const attribute = { name: this.#readName(), value: this.#readAttributeValue() };
      if (seen.has(attribute.name.nodeName)) {
        this.#fail(`the attribute ${attribute.name.nodeName} appears twice`);
      }
      seen.add(attribute.name.nodeName);
      written.push(attribute);
      space = this.#skipSpace();
    }
    const empty = this.#text[this.#at] === '/';
    if (empty) this.#at++;
    if (this.#text[this.#at] !== '>') this.#fail('a tag is not well-formed');
    this.#at++;
    const shadowed = this.#declareNamespaces(written);
    const element = new XmlElement(
      name,
      this.#resolve(name.prefix ?? ''),
      this.#resolveAttributes(written),
    );
    if (this.#open.length === 0 && this.#document.elements().length > 0) {
      this.#fail('there is more than one root element');
    }
    if (this.#open.length >= this.#limits.maxDepth) {
      this.#fail(`elements are nested more than ${this.#limits.maxDepth} deep`);
    }
    this.#append(element);
    if (empty) this.#forgetNamespaces(shadowed);
    else this.#open.push({ element, shadowed });
  }

  #readEndTag(): void {
    this.#at += 2;
    const { nodeName } = this.#readName();
    this.#skipSpace();
    const open = this.#open.pop();
    if (this.#text[this.#at] !== '>' || open?.element.nodeName !== nodeName) {
      this.#fail(`</${nodeName}> closes nothing that is open`);
    }
    this.#at++;
    this.#forgetNamespaces(open.shadowed);
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
    const value = this.#unescape(raw.replace(/[\t\n]/g, ' '));
    this.#at = end + 1;
    this.#count();
    return value;
  }

  #readComment(): void {
    const end = this.#find('--', this.#at + 4, 'a comment is not closed');
    if (this.#text[end + 2] !== '>') this.#fail('a comment contains --', end);
    const data = this.#text.slice(this.#at + 4, end);
    this.#append({ nodeType: 8, nodeName: '#comment', data, ...unlinked() });
    this.#at = end + 3;
  }

  #readInstruction(): void {
    const end = this.#find('?>', this.#at, 'a processing instruction is not closed');
    this.#at += 2;
    const target = this.#readName().nodeName;
    if (target.toLowerCase() === 'xml') this.#fail('an XML declaration is not at the start');
    const data = this.#text.slice(this.#at, end).trimStart();
    this.#append({ nodeType: 7, nodeName: target, target, data, ...unlinked() });
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
      this.#addText(this.#unescape(raw));
    }
    this.#at = end;
  }

  #addText(data: string): void {
    const parent = this.#open.at(-1)?.element;
    if (parent === undefined) return this.#fail('there is text outside the root element');
    if (data === '') return;
    const last = parent.lastChild;
    if (last?.nodeType === 3) last.data += data;
    else this.#append({ nodeType: 3, nodeName: '#text', data, ...unlinked() });
  }

  #unescape(raw: string): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(/&([^;&]{0,16};?)/g, (_, reference: string) => {
      const name = reference.endsWith(';') ? reference.slice(0, -1) : '';
      const plain = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
      if (plain !== undefined) return plain;
      const number = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(name);
      if (number === null) this.#fail('a reference to an unknown entity');
      const code = number[1] === undefined ? Number(number[2]) : parseInt(number[1], 16);
      if (code > 0x10ffff) this.#fail('a reference to a character that XML does not allow');
      const character = String.fromCodePoint(code);
      if (FORBIDDEN.test(character)) {
        this.#fail('a reference to a character that XML does not allow');
      }
      return character;
    });
  }

  #declareNamespaces(written: readonly { name: Name; value: string }[]): Open['shadowed'] {
    const shadowed: [string, string | undefined][] = [];
    for (const { name, value } of written) {
      const prefix =
        name.nodeName === 'xmlns' ? '' : name.prefix === 'xmlns' ? name.localName : undefined;
      if (prefix === undefined) continue;
      const reserved = prefix === 'xml' ? value !== XML_NAMESPACE : value === XML_NAMESPACE;
      if (prefix === 'xmlns' || value === XMLNS_NAMESPACE || reserved) {
        this.#fail('a namespace declaration uses a reserved name');
      }
      if (prefix !== '' && value === '') this.#fail(`the prefix ${prefix} has no namespace`);
      shadowed.push([prefix, this.#namespaces.get(prefix)]);
      this.#namespaces.set(prefix, value);
    }
    return shadowed;
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

  #resolveAttributes(written: readonly { name: Name; value: string }[]): XmlAttribute[] {
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
      return { nodeType: 2, name: name.nodeName, ...name, namespaceURI, value, ownerElement: null };
    });
  }

  #readName(): Name {
    NAME.lastIndex = this.#at;
    const nodeName = NAME.exec(this.#text)?.[0];
    if (nodeName === undefined) this.#fail('a name is missing or not well-formed');
    this.#at += nodeName.length;
    const colon = nodeName.indexOf(':');
    if (colon < 0) return { nodeName, localName: nodeName, prefix: null };
    const localName = nodeName.slice(colon + 1);
    if (colon === 0 || localName === '' || localName.includes(':')) {
      this.#fail(`${nodeName} is not a name with a prefix`);
    }
    return { nodeName, localName, prefix: nodeName.slice(0, colon) };
  }

  #skipSpace(): boolean {
    SPACE.lastIndex = this.#at;
    const length = SPACE.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  #find(what: string, from: number, fault: string): number {
    const found = this.#text.indexOf(what, from);
    if (found < 0) this.#fail(fault);
    return found;
  }

  #append(node: XmlNode): void {
    this.#count();
    append(this.#open.at(-1)?.element ?? this.#document, node);
  }

  #count(): void {
    if (++this.#nodes > this.#limits.maxNodes) {
      this.#fail(`it has more than ${this.#limits.maxNodes} elements and attributes`);
    }
  }

  #fail(fault: string, at = this.#at): never {
    const line = this.#text.slice(0, at).split('\n').length;
    throw new XmlError(`${fault} (line ${line})`);
  }
}

function unlinked(): { parentNode: null; previousSibling: null; nextSibling: null } {
  return { parentNode: null, previousSibling: null, nextSibling: null };
}
