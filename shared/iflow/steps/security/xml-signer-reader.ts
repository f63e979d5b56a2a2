import { ExpressionFault, parseSimple } from '../../expressions/parse-simple.ts';
import type { Template } from '../../expressions/simple.ts';
import { compileXPath } from '../../expressions/xpath-engine.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import {
  type Canonicalization,
  canonicalizationOf,
  type Hash,
  hashOf,
} from './signature/algorithms.ts';
import { canSelect } from './signature/document.ts';
import type { CompileContext } from '../compiler.ts';

/** What may be an Id, a prefix or a local name here. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

/** Reads the settings of one signer step, and tells what is wrong with them. */
export class SignerReader {
  readonly node: NodeModel;
  readonly #context: CompileContext;

  constructor(node: NodeModel, context: CompileContext) {
    this.node = node;
    this.#context = context;
  }

  fault(clause: string, property: string): void {
    this.#context.fault(clause, { property });
  }

  text(property: string): string {
    return (this.node.properties.get(property) ?? '').trim();
  }

  template(property: string): Template {
    try {
      return parseSimple(this.text(property));
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      this.fault(`cannot use its setting ${property}: ${error.message}`, property);
      return [];
    }
  }

  name(property: string, otherwise: string): string {
    const written = this.text(property);
    if (written === '') return otherwise;
    if (!NAME.test(written))
      this.fault(`has the ${property} ${shown(written)}, which is no name`, property);
    return written;
  }

  oneOf<T>(property: string, known: Readonly<Record<string, T>>, what: string): T | undefined {
    const written = this.text(property);
    if (Object.hasOwn(known, written)) return known[written];
    this.fault(
      `has the ${what} ${shown(written)}; it can be ${Object.keys(known).join(', ')}`,
      property,
    );
    return undefined;
  }

  digest(ofSignature: Hash | undefined): Hash | undefined {
    const written = this.text('digestAlgorithm');
    if (written === '' || /signature/i.test(written)) return ofSignature;
    return this.hash('digestAlgorithm');
  }

  hash(property: string): Hash | undefined {
    const found = hashOf(this.text(property));
    if (found === undefined) {
      this.fault(
        `has the digest algorithm ${shown(this.text(property))}, which is unknown`,
        property,
      );
    }
    return found;
  }

  /** Undefined for none. */
  method(property: string): Canonicalization | undefined {
    const written = this.text(property);
    if (written === '' || /^none$/i.test(written)) return undefined;
    const found = canonicalizationOf(written);
    if (found === undefined)
      this.fault(`canonicalizes by ${shown(written)}, which is unknown`, property);
    return found;
  }

  xpath(property: string): string | undefined {
    const written = this.text(property);
    return this.isXPath(written) ? written : undefined;
  }

  isXPath(written: string): boolean {
    try {
      const { namespaces } = this.#context;
      compileXPath(written, namespaces);
      if (canSelect(written, namespaces)) return true;
      this.#context.fault(
        `has the XPath ${shown(written)}, which is no XPath 1.0 that selects nodes`,
      );
      return false;
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      this.#context.fault(`cannot be run: ${error.message}`);
      return false;
    }
  }
}

export function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
