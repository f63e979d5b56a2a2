import { jsonString } from './json-string.ts';
import { GrowingText } from '../../../large-text.ts';
import {
  type ParsedAttribute,
  XmlError,
  type XmlName,
  XMLNS_NAMESPACE,
} from '../../../xml/xml-handler.ts';

/** White space between elements is of no account. */
export const SPACE_ONLY = /^[ \t\n\r]*$/;
/** Elements whose member name is worked out once for a message. */
const MAX_KNOWN_NAMES = 1000;

export interface NameSettings {
  /** JSON prefixes by namespace URI; null when names are written without prefixes. */
  readonly prefixes: Readonly<Record<string, string>> | null;
  readonly separator: string;
}

/** Works out the member name of an element or attribute. */
export class MemberNames {
  readonly #settings: NameSettings;
  readonly #ignoresUnknown: boolean;
  readonly #known = new Map<string, string>();
  readonly #members = new Map<string, string>();

  /** @param ignoresUnknown whether a namespace that has no prefix at all is left out. */
  constructor(settings: NameSettings, ignoresUnknown: boolean) {
    this.#settings = settings;
    this.#ignoresUnknown = ignoresUnknown;
  }

  of({ localName, prefix }: XmlName, namespaceURI: string | null): string {
    const { prefixes, separator } = this.#settings;
    if (prefixes === null || namespaceURI === null) return localName;
    const key = `${prefix ?? ''} ${localName} ${namespaceURI}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const jsonPrefix = Object.hasOwn(prefixes, namespaceURI)
      ? prefixes[namespaceURI]
      : (prefix ?? undefined);
    if (jsonPrefix === undefined && !this.#ignoresUnknown) {
      throw new XmlError(
        `<${localName}> is in the namespace ${namespaceURI.slice(0, 200)}, for which there is neither a prefix nor an entry in Namespace Mapping`,
      );
    }
    const name = jsonPrefix === undefined ? localName : jsonPrefix + separator + localName;
    if (this.#known.size < MAX_KNOWN_NAMES) this.#known.set(key, name);
    return name;
  }

  /** `"name":` */
  member(name: string): string {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const member = `${JSON.stringify(name)}:`;
    if (this.#members.size < MAX_KNOWN_NAMES) this.#members.set(name, member);
    return member;
  }

  /** `"@name":"value"` for each attribute but namespace declarations, with commas. */
  attributes(attributes: readonly ParsedAttribute[]): string {
    const json = new GrowingText();
    for (const attribute of attributes) {
      if (attribute.namespaceURI === XMLNS_NAMESPACE) continue;
      const name = `@${this.of(attribute, attribute.namespaceURI)}`;
      json.write(`${json.length === 0 ? '' : ','}${this.member(name)}`);
      json.write(jsonString(attribute.value));
    }
    return json.text();
  }
}
