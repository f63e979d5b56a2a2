import { ExpressionFault, shown } from '../../../expressions/expression-fault.ts';

/** A path to the elements that a message is split at. Plain JSON. */
export type SplitPath = readonly PathStep[];

export interface PathStep {
  /** At any depth below the step before it (`//`), rather than right below. */
  readonly anywhere: boolean;
  readonly localName: string;
  /** Its namespace, or the prefix that it is written with. */
  readonly namespace: { readonly uri: string } | { readonly prefix: string | null };
}

const MAX_STEPS = 30;
const MAX_CHARACTERS = 4000;
const DECLARATION = /\s+xmlns:([\p{L}_][\p{L}\p{N}_.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/gu;
const NAME = /^(?:([\p{L}_][\p{L}\p{N}_.-]*):)?([\p{L}_][\p{L}\p{N}_.-]*)$/u;

/**
 * Parses the XPath of a splitter: names from the root on (`/A/B`) or anywhere (`//B`), which is all
 * that SAP allows there. Namespaces of the iFlow, and those declared behind the path, give prefixes
 * their meaning; a name without prefix means an element without one, whatever its default namespace
 * (SAP Help, Using XPath Expressions in the Splitter Step).
 * @throws {ExpressionFault}
 */
export function parseSplitPath(
  text: string,
  namespaces: Readonly<Record<string, string>>,
): SplitPath {
  if (text.length > MAX_CHARACTERS) {
    throw new ExpressionFault(`the path has more than ${MAX_CHARACTERS} characters`);
  }
  const declared = new Map(Object.entries(namespaces));
  const path = text
    .trim()
    .replace(DECLARATION, (_, prefix: string, double?: string, single?: string) => {
      declared.set(prefix, double ?? single ?? '');
      return '';
    })
    .replace(/^\//, '')
    .replace(/\/$/, '');
  const steps: PathStep[] = [];
  let anywhere = false;
  for (const part of path.split('/')) {
    if (part === '' && !anywhere && path !== '') {
      anywhere = true;
      continue;
    }
    const [, prefix, localName] = NAME.exec(part.trim()) ?? [];
    if (localName === undefined) {
      throw new ExpressionFault(
        `the path ${shown(text)} is none of names alone, such as /Orders/Order or //Order`,
      );
    }
    const uri = prefix === undefined ? undefined : declared.get(prefix);
    if (prefix !== undefined && uri === undefined) {
      throw new ExpressionFault(
        `the path ${shown(text)} has the prefix ${prefix} without namespace`,
      );
    }
    steps.push({ anywhere, localName, namespace: uri === undefined ? { prefix: null } : { uri } });
    anywhere = false;
  }
  if (steps.length > MAX_STEPS) {
    throw new ExpressionFault(`the path ${shown(text)} has more than ${MAX_STEPS} names`);
  }
  return steps;
}

/** The path to the elements that are written with a name, which may stand in `<` and `>`. */
export function pathOfToken(token: string): SplitPath | undefined {
  const [, prefix = null, localName] = NAME.exec(token.trim().replace(/^<(.*)>$/s, '$1')) ?? [];
  return localName === undefined
    ? undefined
    : [{ anywhere: true, localName, namespace: { prefix } }];
}
