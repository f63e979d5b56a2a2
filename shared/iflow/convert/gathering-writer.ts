import type { ParsedAttribute, XmlHandler, XmlName } from '../xml/xml-handler.ts';
import { type MemberNames, SPACE_ONLY } from './member-names.ts';

interface Gathered {
  readonly name: string;
  readonly attributes: string;
  /** Values by member name: an array's items with commas, where there is more than one. */
  members: Map<string, { json: string; isArray: boolean }> | undefined;
  text: string;
  /** Since the last tag: white space alone is of no account between elements. */
  run: string;
}

/** Knows all children of an element before it writes it. */
export class GatheringWriter implements XmlHandler {
  readonly #names: MemberNames;
  readonly #suppressRoot: boolean;
  readonly #open: Gathered[] = [];
  #json = '';

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
      this.#json = this.#suppressRoot ? value : `{${this.#names.member(element.name)}${value}}`;
      return;
    }
    const sibling = parent.members.get(element.name);
    if (sibling === undefined) parent.members.set(element.name, { json: value, isArray: false });
    else {
      sibling.isArray = true;
      sibling.json += `,${value}`;
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
    return this.#json;
  }

  #valueOf({ attributes, members, text, run }: Gathered): string {
    const content = text + run;
    if (attributes === '' && members === undefined) return JSON.stringify(content);
    let json = `{${attributes}`;
    for (const [name, member] of members ?? []) {
      if (json.length > 1) json += ',';
      json += `${this.#names.member(name)}${member.isArray ? `[${member.json}]` : member.json}`;
    }
    if (content !== '') json += `${json.length > 1 ? ',' : ''}"$":${JSON.stringify(content)}`;
    return `${json}}`;
  }
}

function endRun(element: Gathered): void {
  if (!SPACE_ONLY.test(element.run)) element.text += element.run;
  element.run = '';
}
