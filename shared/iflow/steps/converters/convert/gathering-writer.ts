import { grown, type GrowingText, joinTexts, textOf } from '../../../large-text.ts';
import { jsonString } from './json-string.ts';
import {
  type ParsedAttribute,
  XmlError,
  type XmlHandler,
  type XmlName,
} from '../../../xml/xml-handler.ts';
import { type MemberNames, SPACE_ONLY } from './member-names.ts';
import { TextChunks } from './text-chunks.ts';

/** Of the children of one element. */
const MAX_NAMES = 500_000;
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
  text: string | GrowingText;
  /** Since the last tag: white space alone is of no account between elements. */
  run: string | GrowingText;
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
    if (sibling === undefined) {
      parent.members.set(element.name, { json: value, isArray: false });
      if (parent.members.size > MAX_NAMES) {
        throw new XmlError(`an element has children of more than ${MAX_NAMES} different names`);
      }
    } else {
      sibling.isArray = true;
      sibling.json = joined(sibling.json, value);
    }
  }

  text(data: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.run = grown(element.run, data);
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
    const content = joinTexts([textOf(text), textOf(run)]);
    if (attributes === '' && members === undefined) return jsonString(content);
    let json = '{';
    let long: TextChunks | undefined;
    const put = (piece: string): void => {
      if (json.length + piece.length < LONG_CHARACTERS) json += piece;
      else {
        long ??= new TextChunks();
        long.write(json);
        long.write(piece);
        json = '';
      }
    };
    put(attributes);
    for (const [name, member] of members ?? []) {
      if (json.length > 1 || long !== undefined) json += ',';
      json += this.#names.member(name) + (member.isArray ? '[' : '');
      if (typeof member.json === 'string') put(member.json);
      else {
        long ??= new TextChunks();
        long.write(json);
        long.append(member.json);
        json = '';
      }
      if (member.isArray) json += ']';
    }
    if (content !== '') {
      json += `${json.length > 1 || long !== undefined ? ',' : ''}"$":`;
      put(jsonString(content));
    }
    json += '}';
    if (long === undefined) return json;
    long.write(json);
    return long;
  }
}

function joined(items: string | TextChunks, item: string | TextChunks): string | TextChunks {
  if (typeof items === 'string' && typeof item === 'string') {
    if (items.length + item.length < LONG_CHARACTERS) return `${items},${item}`;
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
  const run = textOf(element.run);
  if (!SPACE_ONLY.test(run)) element.text = grown(element.text, run);
  element.run = '';
}
