import { JsonReader, type JsonToken } from '../json/json-reader.ts';
import { forbiddenCharacter, isNcName } from '../../../xml/characters.ts';
import { escapeAttribute, escapeText } from '../../../xml/write-xml.ts';
import { TextChunks } from './text-chunks.ts';

export interface JsonToXmlSettings {
  /** The root element that is added, as it is written; null for none. */
  readonly root: string | null;
  /** Namespace URIs that the root element declares, by their prefix. */
  readonly declarations: Readonly<Record<string, string>>;
  /** JSON prefixes that stand for a namespace; null when prefixes are left out. */
  readonly prefixes: readonly string[] | null;
  readonly separator: string;
}

/** JSON objects and arrays inside each other: as many as elements that other steps read. */
const MAX_DEPTH = 500;
/** An item of an array costs two characters, and its element the name twice. */
const MAX_NAME_CHARACTERS = 500;
const MAX_ATTRIBUTES = 100_000;
/** Member names whose tag is worked out once for a message. */
const MAX_KNOWN_NAMES = 1000;

/**
 * Converts JSON to XML (SAP Help, Conversion Rules for JSON to XML Conversion): a member becomes an
 * element, an array one element for each item, `@name` an attribute and `$` the text of an element
 * that has attributes.
 * @throws {JsonError} with a clause about the JSON.
 */
export function jsonToXml(json: string, settings: JsonToXmlSettings): string {
  return new JsonToXml(json, settings).convert();
}

class JsonToXml {
  readonly #reader: JsonReader;
  readonly #settings: JsonToXmlSettings;
  readonly #tags = new Map<string, string>();
  readonly #xml = new TextChunks((chunk) => {
    if (forbiddenCharacter(chunk) < 0) return;
    this.#fail('a text holds a character that XML does not allow');
  });
  #hasRoot = false;
  /** Open elements. */
  #depth = 0;

  constructor(json: string, settings: JsonToXmlSettings) {
    this.#reader = new JsonReader(json, MAX_DEPTH);
    this.#settings = settings;
  }

  convert(): string {
    const { root } = this.#settings;
    this.#xml.write("<?xml version='1.0' encoding='UTF-8'?>");
    const first = this.#reader.next();
    if (first !== 'object') {
      this.#fail('it does not begin with an object; put it into one, such as {"root": …}');
    }
    if (root === null) this.#convertRoot();
    else this.#writeObject(root);
    this.#reader.next();
    return this.#xml.text();
  }

  /** Without a root element of its own, the only member of the outermost object is the root. */
  #convertRoot(): void {
    while (this.#reader.next() === 'name') {
      this.#refuseAttribute();
      this.#convertMember(this.#tagOf(this.#reader.text));
    }
    if (!this.#hasRoot) {
      this.#fail('its outermost object has no member that could become the root element');
    }
  }

  #convertMember(tag: string): void {
    const token = this.#reader.next();
    if (token !== 'array') {
      this.#writeElement(tag, token);
      return;
    }
    for (let item = this.#reader.next(); item !== 'end-array'; item = this.#reader.next()) {
      if (item === 'array') this.#fail('an array stands in an array, for which XML has no element');
      this.#writeElement(tag, item);
    }
  }

  #writeElement(tag: string, token: JsonToken): void {
    if (token === 'object') {
      this.#writeObject(tag);
      return;
    }
    this.#openTag(tag);
    const { text } = this.#reader;
    if (token === 'null' || text === '') this.#xml.write('/>');
    else {
      this.#xml.write('>');
      this.#xml.write(escapeText(text));
      this.#xml.write(`</${tag}>`);
    }
  }

  #writeObject(tag: string): void {
    this.#openTag(tag);
    this.#depth++;
    let isOpen = true;
    const attributes = new Set<string>();
    while (this.#reader.next() === 'name') {
      const name = this.#reader.text;
      if (name === '$') {
        const text = this.#readPrimitive('$') ?? '';
        if (text !== '') {
          if (isOpen) this.#xml.write('>');
          this.#xml.write(escapeText(text));
          isOpen = false;
        }
      } else if (!name.startsWith('@')) {
        if (isOpen) this.#xml.write('>');
        isOpen = false;
        this.#convertMember(this.#tagOf(name));
      } else {
        if (this.#depth === 1 && this.#settings.root !== null) this.#refuseAttribute();
        if (!isOpen) {
          this.#fail(`the attribute ${shown(name)} stands after other members; put it before them`);
        }
        this.#writeAttribute(name, attributes);
      }
    }
    this.#depth--;
    this.#xml.write(isOpen ? '/>' : `</${tag}>`);
  }

  #writeAttribute(name: string, written: Set<string>): void {
    const attribute = this.#tagOf(name.slice(1));
    if (written.has(attribute)) this.#fail(`the attribute ${shown(name)} appears twice`);
    written.add(attribute);
    if (written.size > MAX_ATTRIBUTES) {
      this.#fail(`an object has more than ${MAX_ATTRIBUTES} attributes`);
    }
    const value = this.#readPrimitive(name);
    if (value === null) this.#fail(`the attribute ${shown(name)} is null, which XML cannot hold`);
    this.#xml.write(` ${attribute}="`);
    this.#xml.write(escapeAttribute(value));
    this.#xml.write('"');
  }

  #readPrimitive(name: string): string | null {
    const token = this.#reader.next();
    if (token === 'object' || token === 'array') {
      this.#fail(`${shown(name)} holds an ${token} in place of a text`);
    }
    return token === 'null' ? null : this.#reader.text;
  }

  #openTag(tag: string): void {
    if (this.#depth === 0 && this.#hasRoot) {
      this.#fail('its outermost object has more than one member; select Add XML Root Element');
    }
    this.#xml.write(`<${tag}`);
    if (this.#depth > 0) return;
    this.#hasRoot = true;
    for (const [prefix, uri] of Object.entries(this.#settings.declarations)) {
      this.#xml.write(` xmlns:${prefix}="${escapeAttribute(uri)}"`);
    }
  }

  #refuseAttribute(): void {
    if (this.#reader.text.startsWith('@')) {
      this.#fail(
        'the root member name starts with the attribute indicator @. An attribute cannot be root',
      );
    }
  }

  #tagOf(name: string): string {
    const known = this.#tags.get(name);
    if (known !== undefined) return known;
    const tag = this.#makeTag(name);
    if (this.#tags.size < MAX_KNOWN_NAMES) this.#tags.set(name, tag);
    return tag;
  }

  /** A prefix that stands for no namespace stays part of the name, as SAP leaves it. */
  #makeTag(name: string): string {
    if (name.length > MAX_NAME_CHARACTERS) {
      this.#fail(`the member name ${shown(name)} has more than ${MAX_NAME_CHARACTERS} characters`);
    }
    const { separator, prefixes } = this.#settings;
    const at = name.indexOf(separator);
    const prefix = at < 0 ? null : name.slice(0, at);
    const local = name.slice(at + 1);
    const isMapped = prefix !== null && prefixes?.includes(prefix) === true;
    if (prefix === null || prefixes === null || isMapped) {
      if (!isName(local)) this.#refuseName(name);
      return isMapped ? `${prefix}:${local}` : local;
    }
    const isWhole = separator === ':' ? isName(prefix) && isName(local) : isName(name);
    if (!isWhole) this.#refuseName(name);
    return name;
  }

  #refuseName(name: string): never {
    this.#fail(`the member name ${shown(name)} cannot be an XML name`);
  }

  #fail(clause: string): never {
    throw this.#reader.fault(clause);
  }
}

/** SAP Help, Limitations for JSON to XML Conversion: no name begins with `xml`. */
function isName(text: string): boolean {
  return isNcName(text) && !/^xml/i.test(text);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
