import { parseXml, unixLines } from '../../../xml/parse-xml.ts';
import { escapeAttribute } from '../../../xml/write-xml.ts';
import {
  type ParsedAttribute,
  type XmlHandler,
  type XmlName,
  XmlError,
  XMLNS_NAMESPACE,
} from '../../../xml/xml-handler.ts';
import { AT_ROOT, PathMatcher, type Progress } from './path-matcher.ts';
import { MAX_CHARACTERS, MAX_PIECES, type Pieces, piecesOf } from './pieces.ts';
import type { SplitPath } from './split-path.ts';

/** Nothing of the document is kept but its text: it may be as large as a message by default. */
export const XML_LIMITS = { maxCharacters: 40 * 1024 * 1024, maxDepth: 500, maxNodes: 20_000_000 };

/**
 * Cuts XML at the elements that a path means, each as it stands in the text; those inside of another
 * one stay in it. With an envelope, every piece is put where the first one stands: what comes before
 * that, and the ends of the elements around it (SAP Help, General and Iterating Splitter).
 * @throws {XmlError}
 */
export function splitXml(text: string, path: SplitPath, envelope: boolean): Pieces {
  const source = unixLines(text);
  const cutter = new Cutter(source, new PathMatcher(path), envelope);
  parseXml(source, XML_LIMITS, cutter);
  return cutter.pieces();
}

/** Each piece may have to declare them all. */
const MAX_NAMESPACES = 100;

/** Namespace declarations that hold in an element, by prefix; '' for the default one. */
type Scope = ReadonlyMap<string, string>;

interface Open {
  readonly nodeName: string;
  readonly progress: Progress;
  readonly scope: Scope;
}

interface Piece {
  /** Where it begins. */
  readonly from: number;
  readonly name: XmlName;
  /** Namespaces that hold around it, and those that it declares itself. */
  readonly outer: Scope;
  readonly own: readonly Declaration[];
}

type Declaration = readonly [prefix: string, uri: string];

const NO_NAMESPACES: Scope = new Map();

const nothing = (): void => undefined;

class Cutter implements XmlHandler {
  // What is in an element is cut with it.
  readonly text = nothing;
  readonly comment = nothing;
  readonly instruction = nothing;
  readonly #source: string;
  readonly #matcher: PathMatcher;
  readonly #envelope: boolean;
  readonly #open: Open[] = [];
  readonly #pieces: string[] = [];
  #length = 0;
  /** Around the pieces, once the first one is found. */
  #around: { readonly prefix: string; readonly suffix: string; readonly scope: Scope } | undefined;
  /** The piece that is being read, and how deep inside of it. */
  #piece: Piece | undefined;
  #depth = 0;

  constructor(source: string, matcher: PathMatcher, envelope: boolean) {
    this.#source = source;
    this.#matcher = matcher;
    this.#envelope = envelope;
  }

  startElement(
    name: XmlName,
    namespaceURI: string | null,
    attributes: readonly ParsedAttribute[],
    from: number,
  ): void {
    if (this.#piece !== undefined) {
      this.#depth += 1;
      return;
    }
    const parent = this.#open.at(-1);
    const outer = parent?.scope ?? NO_NAMESPACES;
    const progress = this.#matcher.enter(parent?.progress ?? AT_ROOT, name, namespaceURI);
    if (this.#matcher.isWhole(progress)) {
      this.#around ??= this.#aroundFirst(from, outer);
      this.#piece = { from, name, outer, own: declarationsOf(attributes) };
    } else {
      this.#open.push({ nodeName: name.nodeName, progress, scope: scopeIn(outer, attributes) });
    }
  }

  endElement(_: number, to: number): void {
    if (this.#piece === undefined) this.#open.pop();
    else if (this.#depth > 0) this.#depth -= 1;
    else {
      this.#add(this.#cut(this.#piece, to));
      this.#piece = undefined;
    }
  }

  pieces(): Pieces {
    const { prefix = '', suffix = '' } = this.#around ?? {};
    return piecesOf(this.#pieces, { prefix, separator: '', suffix });
  }

  #aroundFirst(from: number, scope: Scope): { prefix: string; suffix: string; scope: Scope } {
    if (!this.#envelope) return { prefix: '', suffix: '', scope: NO_NAMESPACES };
    const declaration = /^<\?xml[^>]*\?>/.exec(this.#source)?.[0].length ?? 0;
    const before = this.#source.slice(declaration, from).trimStart();
    const ends = this.#open.map(({ nodeName }) => `</${nodeName}>`).reverse();
    return {
      // Texts are UTF-8 when they are sent, whatever the message was before.
      prefix: `<?xml version="1.0" encoding="UTF-8"?>${before}`,
      suffix: ends.join(''),
      scope,
    };
  }

  /** The text of an element, with the namespace declarations that its new place does not give it. */
  #cut({ from, name, outer, own }: Piece, to: number): string {
    const around = this.#around?.scope ?? NO_NAMESPACES;
    if (outer === around) return this.#source.slice(from, to);
    const declared = missingIn(around, outer, own);
    const behindName = from + 1 + name.nodeName.length;
    return this.#source.slice(from, behindName) + declared + this.#source.slice(behindName, to);
  }

  #add(piece: string): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#pieces.length > MAX_PIECES) {
      throw new XmlError(`it has more than ${MAX_PIECES} pieces`);
    }
    if (this.#length > MAX_CHARACTERS) {
      throw new XmlError(`its pieces have more than ${MAX_CHARACTERS} characters`);
    }
  }
}

/** Declarations of what holds in one scope and not in another, but for those that are there already. */
function missingIn(around: Scope, outer: Scope, own: readonly Declaration[]): string {
  let declared = '';
  for (const prefix of new Set([...outer.keys(), ...around.keys()])) {
    const uri = outer.get(prefix) ?? '';
    if (uri === (around.get(prefix) ?? '') || (uri === '' && prefix !== '')) continue;
    if (own.some(([ownPrefix]) => ownPrefix === prefix)) continue;
    declared += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(uri)}"`;
  }
  return declared;
}

function declarationsOf(attributes: readonly ParsedAttribute[]): readonly Declaration[] {
  return attributes
    .filter(({ namespaceURI }) => namespaceURI === XMLNS_NAMESPACE)
    .map(({ prefix, localName, value }) => [prefix === null ? '' : localName, value]);
}

function scopeIn(outer: Scope, attributes: readonly ParsedAttribute[]): Scope {
  const declared = declarationsOf(attributes);
  if (declared.length === 0) return outer;
  const scope = new Map(outer);
  for (const [prefix, uri] of declared) {
    if (uri === '') scope.delete(prefix);
    else scope.set(prefix, uri);
  }
  if (scope.size > MAX_NAMESPACES) {
    throw new XmlError(`an element has more than ${MAX_NAMESPACES} namespace prefixes`);
  }
  return scope;
}
