import {
  declarationsOf,
  NO_NAMESPACES,
  type PlacedElement,
  type Scope,
  scopeIn,
} from '../../../xml/namespace-scope.ts';
import { type GrowingText, grown, textOf } from '../../../large-text.ts';
import { parseXml } from '../../../xml/parse-xml.ts';
import {
  type ParsedAttribute,
  XmlError,
  type XmlHandler,
  type XmlName,
} from '../../../xml/xml-handler.ts';
import type { PathStep } from '../../converters/element-path.compile.ts';

/** Where the nodes of a message are, and their keys: paths of elements. */
export interface KeyedPath {
  readonly node: readonly PathStep[];
  /** Below the node. */
  readonly key: readonly PathStep[];
}

/** A node that has a key. */
export interface KeyedNode extends PlacedElement {
  readonly keys: readonly Key[];
}

export interface Key {
  readonly value: string;
  /** Behind its end tag. */
  readonly end: number;
  /** Of the element around it. */
  readonly scope: Scope;
}

/** Nothing of a document is kept but its text, its nodes and their keys. */
export const LIMITS = { maxCharacters: 40 * 1024 * 1024, maxDepth: 500, maxNodes: 20_000_000 };
/** Nodes and keys together, which a worker's memory has to hold for two messages. */
const MAX_FOUND = 250_000;

/**
 * Finds the nodes that a path means, and their keys, in the order of the document. SAP Help has paths
 * from the root on (Define Content Enricher) and paths that leave the root out (Content Enricher), keys
 * right below the node and keys deeper in it (Use the JSON to XML and XML to JSON Converter). So a path
 * counts from the root, and a key from its node; only where nothing stands there, wherever it stands.
 * Nodes in a node, and keys in a key, are none.
 * @param source as `unixLines` gives it.
 * @throws {XmlError}
 */
export function findKeyedNodes(source: string, path: KeyedPath): readonly KeyedNode[] {
  const fromRoot = new NodeFinder(path, false);
  parseXml(source, LIMITS, fromRoot);
  if (fromRoot.hasNode) return fromRoot.nodes;
  const anywhere = new NodeFinder(path, true);
  parseXml(source, LIMITS, anywhere);
  return anywhere.nodes;
}

interface Open {
  readonly localName: string;
  readonly namespace: string;
  readonly scope: Scope;
}

interface OpenNode extends Omit<PlacedElement, 'to'> {
  /** Elements around it, and itself. */
  readonly depth: number;
  readonly near: Key[];
  readonly far: Key[];
}

interface OpenKey {
  readonly depth: number;
  readonly isNear: boolean;
  readonly scope: Scope;
  value: string | GrowingText;
}

class NodeFinder implements XmlHandler {
  readonly nodes: KeyedNode[] = [];
  readonly #path: KeyedPath;
  readonly #anywhere: boolean;
  readonly #open: Open[] = [];
  #node: OpenNode | undefined;
  #key: OpenKey | undefined;
  #found = 0;

  /** Whether there is a node, with or without a key. */
  get hasNode(): boolean {
    return this.#found > 0;
  }

  constructor(path: KeyedPath, anywhere: boolean) {
    this.#path = path;
    this.#anywhere = anywhere;
  }

  startElement(
    { localName, nodeName }: XmlName,
    namespaceURI: string | null,
    attributes: readonly ParsedAttribute[],
    from: number,
  ): void {
    const outer = this.#open.at(-1)?.scope ?? NO_NAMESPACES;
    const own = declarationsOf(attributes);
    this.#open.push({ localName, namespace: namespaceURI ?? '', scope: scopeIn(outer, own) });
    const depth = this.#open.length;
    if (this.#node === undefined) {
      const { node } = this.#path;
      if ((!this.#anywhere && depth !== node.length) || !this.#endsWith(node, 0)) return;
      this.#count();
      const behindName = from + 1 + nodeName.length;
      this.#node = { from, behindName, outer, own, depth, near: [], far: [] };
    } else if (this.#key === undefined && this.#endsWith(this.#path.key, this.#node.depth)) {
      const isNear = depth === this.#node.depth + this.#path.key.length;
      if (!isNear && this.#node.near.length > 0) return;
      this.#count();
      this.#key = { depth, isNear, scope: outer, value: '' };
    }
  }

  endElement(_: number, to: number): void {
    const depth = this.#open.length;
    this.#open.pop();
    if (this.#node === undefined) return;
    if (this.#key?.depth === depth) {
      const { isNear, value, scope } = this.#key;
      this.#node[isNear ? 'near' : 'far'].push({ value: textOf(value), scope, end: to });
      this.#key = undefined;
    } else if (this.#node.depth === depth) {
      const { from, behindName, outer, own, near, far } = this.#node;
      const keys = near.length > 0 ? near : far;
      if (keys.length > 0) this.nodes.push({ from, to, behindName, outer, own, keys });
      this.#node = undefined;
    }
  }

  text(data: string): void {
    if (this.#key !== undefined) this.#key.value = grown(this.#key.value, data);
  }

  comment(): void {
    // No part of a key.
  }

  instruction(): void {
    // No part of a key.
  }

  /** Whether the open elements end with the path, within those behind the first `above`. */
  #endsWith(path: readonly PathStep[], above: number): boolean {
    const start = this.#open.length - path.length;
    if (start < above) return false;
    for (let i = path.length - 1; i >= 0; i--) {
      const step = path[i];
      const element = this.#open[start + i];
      if (step === undefined || element === undefined) return false;
      if (step.localName !== element.localName) return false;
      // Written without prefix, it means the element in whichever namespace.
      if (step.namespace !== undefined && step.namespace !== element.namespace) return false;
    }
    return true;
  }

  #count(): void {
    this.#found += 1;
    if (this.#found > MAX_FOUND) {
      throw new XmlError(`it has more than ${MAX_FOUND} nodes and key elements`);
    }
  }
}
