import {
  declarationsOf,
  NO_NAMESPACES,
  type PlacedElement,
  type Scope,
  scopeIn,
  textElsewhere,
} from '../../../xml/namespace-scope.ts';
import { unixLines } from '../../../xml/lines.ts';
import { parseXml } from '../../../xml/parse-xml.ts';
import {
  type ParsedAttribute,
  XmlError,
  type XmlHandler,
  type XmlName,
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

interface Open {
  readonly nodeName: string;
  readonly progress: Progress;
  readonly scope: Scope;
}

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
  #piece: Omit<PlacedElement, 'to'> | undefined;
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
      const behindName = from + 1 + name.nodeName.length;
      this.#piece = { from, behindName, outer, own: declarationsOf(attributes) };
    } else {
      const scope = scopeIn(outer, declarationsOf(attributes));
      this.#open.push({ nodeName: name.nodeName, progress, scope });
    }
  }

  endElement(_: number, to: number): void {
    if (this.#piece === undefined) this.#open.pop();
    else if (this.#depth > 0) this.#depth -= 1;
    else {
      const around = this.#around?.scope ?? NO_NAMESPACES;
      this.#add(textElsewhere(this.#source, { ...this.#piece, to }, around));
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
