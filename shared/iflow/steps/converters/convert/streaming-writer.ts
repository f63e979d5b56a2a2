import { grown, type GrowingText, textOf } from '../../../large-text.ts';
import { jsonString } from './json-string.ts';
import type { ParsedAttribute, XmlHandler, XmlName } from '../../../xml/xml-handler.ts';
import { type MemberNames, SPACE_ONLY } from './member-names.ts';
import { TextChunks } from './text-chunks.ts';

/** Paths of elements that become arrays, taken apart by their names. */
interface Paths {
  isArray: boolean;
  readonly below: Map<string, Paths>;
}

interface Streamed {
  /** Undefined below what no path of the settings leads to. */
  readonly paths: Paths | undefined;
  /** Whether its brace is open, and whether a member stands in it. */
  isObject: boolean;
  isEmpty: boolean;
  hasChildren: boolean;
  run: string | GrowingText;
  /** The array that its last children stand in; '' for none. */
  array: string;
}

/** Writes each element when it comes, knowing nothing of what follows. */
export class StreamingWriter implements XmlHandler {
  readonly #names: MemberNames;
  readonly #suppressRoot: boolean;
  readonly #allArrays: boolean;
  readonly #paths: Paths;
  readonly #open: Streamed[] = [];
  readonly #json = new TextChunks();
  #after = '';

  constructor(names: MemberNames, suppressRoot: boolean, arrays: 'all' | readonly string[]) {
    this.#names = names;
    this.#suppressRoot = suppressRoot;
    this.#allArrays = arrays === 'all';
    this.#paths = takeApart(arrays === 'all' ? [] : arrays);
  }

  startElement(
    name: XmlName,
    namespaceURI: string | null,
    attributes: readonly ParsedAttribute[],
  ): void {
    const member = this.#names.of(name, namespaceURI);
    const parent = this.#open.at(-1);
    const paths = (parent === undefined ? this.#paths : parent.paths)?.below.get(member);
    const isArray = this.#allArrays || paths?.isArray === true;
    if (parent !== undefined) this.#startMember(parent, member, isArray);
    else if (!this.#suppressRoot) {
      this.#json.write(`{${this.#names.member(member)}${isArray ? '[' : ''}`);
      this.#after = isArray ? ']}' : '}';
    }
    const written = attributes.length === 0 ? '' : this.#names.attributes(attributes);
    if (written !== '') {
      this.#json.write('{');
      this.#json.write(written);
    }
    this.#open.push({
      paths,
      isObject: written !== '',
      isEmpty: written === '',
      hasChildren: false,
      run: '',
      array: '',
    });
  }

  endElement(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    if (!element.isObject) {
      this.#json.write(jsonString(textOf(element.run)));
    } else {
      this.#endArray(element);
      if (element.hasChildren || element.run === '') this.#endRun(element);
      else this.#writeText(element, textOf(element.run));
      this.#json.write('}');
    }
    if (this.#open.length === 0) this.#json.write(this.#after);
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
    return this.#json.text();
  }

  #startMember(parent: Streamed, member: string, isArray: boolean): void {
    if (!parent.isObject) this.#json.write('{');
    parent.isObject = true;
    parent.hasChildren = true;
    parent.run = textOf(parent.run);
    if (!SPACE_ONLY.test(parent.run)) this.#endArray(parent);
    this.#endRun(parent);
    if (parent.array !== '' && parent.array === member) {
      this.#json.write(',');
      return;
    }
    this.#endArray(parent);
    this.#json.write(
      `${parent.isEmpty ? '' : ','}${this.#names.member(member)}${isArray ? '[' : ''}`,
    );
    parent.isEmpty = false;
    parent.array = isArray ? member : '';
  }

  #endArray(element: Streamed): void {
    if (element.array !== '') this.#json.write(']');
    element.array = '';
  }

  #endRun(element: Streamed): void {
    const run = textOf(element.run);
    if (!SPACE_ONLY.test(run)) this.#writeText(element, run);
    element.run = '';
  }

  #writeText(element: Streamed, text: string): void {
    this.#json.write(`${element.isEmpty ? '' : ','}"$":`);
    this.#json.write(jsonString(text));
    element.isEmpty = false;
  }
}

function takeApart(paths: readonly string[]): Paths {
  const root: Paths = { isArray: false, below: new Map() };
  for (const path of paths) {
    let at = root;
    for (const name of path.split('/')) {
      const below = at.below.get(name) ?? { isArray: false, below: new Map() };
      at.below.set(name, below);
      at = below;
    }
    at.isArray = true;
  }
  return root;
}
