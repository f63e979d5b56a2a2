import { joinTexts } from '../../../large-text.ts';
import { TaskFailure } from '../../../tasks/task.ts';
import { MAX_BODY_SIZE } from '../../../exchange.ts';
import { type Scope, textElsewhere } from '../../../xml/namespace-scope.ts';
import type { KeyedNode } from './keyed-nodes.ts';

/** A message as `unixLines` gives it, and the nodes found in it. */
export interface KeyedMessage {
  readonly source: string;
  readonly nodes: readonly KeyedNode[];
}

/**
 * Puts behind each key element of the original message the nodes of the lookup message that have the
 * same key, all of them, in their order (SAP Help, Define Content Enricher). An empty key has none.
 * Nodes are looked up by their key: the time it takes is linear in the two messages and the result.
 * @throws {TaskFailure} for a result that no body may hold.
 */
export function enrich({ source, nodes }: KeyedMessage, lookup: KeyedMessage): string {
  const lookedUp = new LookedUp(lookup);
  const parts: string[] = [DECLARATION];
  let at = behindDeclaration(source);
  let length = DECLARATION.length + source.length - at;
  for (const { keys } of nodes) {
    for (const { value, end, scope } of keys) {
      const added = lookedUp.textOf(value, scope, MAX_BODY_SIZE - length);
      if (added === '') continue;
      parts.push(source.slice(at, end), added);
      at = end;
      length += added.length;
    }
  }
  parts.push(source.slice(at));
  return joinTexts(parts);
}

/** Texts are UTF-8 when they are sent, whatever the message was before. */
const DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>";

function behindDeclaration(source: string): number {
  return /^<\?xml[ \t\n]/.test(source) ? source.indexOf('?>') + 2 : 0;
}

/** The nodes of the lookup message by their keys. */
class LookedUp {
  readonly #source: string;
  readonly #nodes = new Map<string, KeyedNode[]>();
  /** Texts by key, for each scope that they have been put into. */
  readonly #texts = new Map<Scope, Map<string, string>>();

  constructor({ source, nodes }: KeyedMessage) {
    this.#source = source;
    for (const node of nodes) {
      for (const key of new Set(node.keys.map(({ value }) => value))) {
        if (key === '') continue;
        const same = this.#nodes.get(key);
        if (same === undefined) this.#nodes.set(key, [node]);
        else same.push(node);
      }
    }
  }

  /** All nodes of a key as they are written in a scope; '' for none. @throws {TaskFailure} */
  textOf(key: string, scope: Scope, most: number): string {
    const nodes = this.#nodes.get(key);
    if (nodes === undefined) return '';
    const texts = this.#texts.get(scope) ?? new Map<string, string>();
    this.#texts.set(scope, texts);
    const text = texts.get(key) ?? this.#write(nodes, scope, most);
    texts.set(key, text);
    if (text.length <= most) return text;
    throw tooLarge();
  }

  #write(nodes: readonly KeyedNode[], scope: Scope, most: number): string {
    const parts: string[] = [];
    let length = 0;
    for (const node of nodes) {
      const part = textElsewhere(this.#source, node, scope);
      length += part.length;
      if (length > most) throw tooLarge();
      parts.push(part);
    }
    // One text: a chain of parts takes many times the memory.
    return joinTexts(parts);
  }
}

function tooLarge(): TaskFailure {
  return new TaskFailure(
    'too_large',
    `The message cannot be enriched: it would have more than ${MAX_BODY_SIZE} characters.`,
  );
}
