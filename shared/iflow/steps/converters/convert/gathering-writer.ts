import type { ParsedAttribute, XmlHandler, XmlName } from '../../../xml/xml-handler.ts';
import { type MemberNames, SPACE_ONLY } from './member-names.ts';
import { TextChunks } from './text-chunks.ts';

/** Values from this length on are kept in parts. */
const LONG_CHARACTERS = 8192;

interface Member {
  json: string | TextChunks;
  isArray: boolean;
}

interface Gathered {
  readonly name: string;
  readonly attributes: string;
  /** Values by member name: an array's items with commas, where there is more than one. */
  members: Map<string, Member> | undefined;
  text: string;
  /** Since the last tag: white space alone is of no account between elements. */
  run: string;
}

/** Knows all children of an element before it writes it. */
export class GatheringWriter implements XmlHandler {
  readonly #names: MemberNames;
  readonly #suppressRoot: boolean;
  readonly #open: Gathered[] = [];
  #json: string | TextChunks = '';

  constructor(names: MemberNames, suppressRoot: boolean) {
    this.#names = names;
    this.#suppressRoot = suppressRoot;
  }

  startElement(
    name: XmlName,
    namespaceURI: string | null,
    attributes: readonly ParsedAttribute[],
  ): void {
    const parent = this.#open.at(-1);
    if (parent !== undefined) {
      parent.members ??= new Map();
      endRun(parent);
    }
    this.#open.push({
      name: this.#names.of(name, namespaceURI),
      attributes: attributes.length === 0 ? '' : this.#names.attributes(attributes),
      members: undefined,
      text: '',
      run: '',
    });
  }

  endElement(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    if (element.members !== undefined) endRun(element);
    const value = this.#valueOf(element);
    const parent = this.#open.at(-1);
    if (parent?.members === undefined) {
      this.#json = this.#suppressRoot ? value : this.#object(element.name, value);
      return;
    }
    const sibling = parent.members.get(element.name);
    if (sibling === undefined) parent.members.set(element.name, { json: value, isArray: false });
    else {
      sibling.isArray = true;
      sibling.json = joined(sibling.json, value);
    }
  }

  text(data: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.run += data;
  }

  comment(): void {
    // Not represented in JSON.
  }

  instruction(): void {
    // Not represented in JSON.
  }

  json(): string {
    return typeof this.#json === 'string' ? this.#json : this.#json.text();
  }

  #object(name: string, value: string | TextChunks): TextChunks {
    const object = new TextChunks();
    object.write(`{${this.#names.member(name)}`);
    add(object, value);
    object.write('}');
    return object;
  }

  #valueOf({ attributes, members, text, run }: Gathered): string | TextChunks {
    const content = text + run;
    if (attributes === '' && members === undefined) return JSON.stringify(content);
    let json = `{${attributes}`;
    let long: TextChunks | undefined;
    for (const [name, member] of members ?? []) {
      if (json.length > 1 || long !== undefined) json += ',';
      json += this.#names.member(name) + (member.isArray ? '[' : '');
      if (typeof member.json === 'string') json += member.json;
      if (typeof member.json !== 'string' || json.length >= LONG_CHARACTERS) {
        long ??= new TextChunks();
        long.write(json);
        if (typeof member.json !== 'string') long.append(member.json);
        json = '';
      }
      if (member.isArray) json += ']';
    }
    if (content !== '') {
      json += `${json.length > 1 || long !== undefined ? ',' : ''}"$":${JSON.stringify(content)}`;
    }
    json += '}';
    if (long === undefined) return json;
    long.write(json);
    return long;
  }
}

function joined(items: string | TextChunks, item: string | TextChunks): string | TextChunks {
  if (typeof items === 'string' && typeof item === 'string') {
    const both = `${items},${item}`;
    if (both.length < LONG_CHARACTERS) return both;
  }
  const long = typeof items === 'string' ? new TextChunks() : items;
  if (typeof items === 'string') long.write(items);
  long.write(',');
  add(long, item);
  return long;
}

function add(text: TextChunks, piece: string | TextChunks): void {
  if (typeof piece === 'string') text.write(piece);
  else text.append(piece);
}

function endRun(element: Gathered): void {
  if (!SPACE_ONLY.test(element.run)) element.text += element.run;
  element.run = '';
}
