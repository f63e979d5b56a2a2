import { hash } from 'node:crypto';
import { bodyBytes, type HeaderMap } from '../../exchange.ts';
import type { CompiledNode } from '../../flow.ts';
import type { CompiledStylesheet } from './xslt/compile-stylesheet.ts';
import type { CompileResult } from './xslt/compile-task.ts';
import { asText } from '../../expressions/simple.ts';
import { runTask } from '../run-task.ts';
import type { StepContext } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

/** Compiled stylesheets that an instance keeps, the least recently used dropped first. */
const MAX_KEPT = 32;
/** Of all of them, compiled. */
const MAX_KEPT_CHARACTERS = 16 * 1024 * 1024;
/** Of the stylesheet. */
const MAX_BYTES = 2 * 1024 * 1024;

interface Kept {
  readonly result: Promise<CompileResult>;
  /** 0 while it is being compiled. */
  characters: number;
}

/** By what they were compiled from, and the name that their messages have. */
const kept = new Map<string, Kept>();

/**
 * The stylesheet that a header names: `pd:<Partner ID>:<Parameter ID>:Binary` (SAP Help, "Dynamically
 * Reading XSLT Mappings from the Partner Directory"). It is compiled when it is first met, and again
 * when it has changed.
 * @throws {StepFailure}
 */
export async function partnerStylesheet(
  header: string,
  headers: HeaderMap,
  node: CompiledNode,
  context: StepContext,
): Promise<{ readonly key: string; readonly compiled: CompiledStylesheet }> {
  const value = headers.get(header);
  const address = value === undefined || value === null ? '' : asText(value).trim();
  const [, partner, parameter] = /^pd:([^:]{1,200}):([^:]{1,200}):binary$/i.exec(address) ?? [];
  if (partner === undefined || parameter === undefined) {
    throw new StepFailure(
      'xslt_reference',
      address === ''
        ? `The header ${header}, which is to name the stylesheet, is not there or empty.`
        : `The header ${header} names the stylesheet ${JSON.stringify(address.slice(0, 200))}; the form is pd:<Partner ID>:<Parameter ID>:Binary.`,
    );
  }
  const directory = await context.environment.services.partnerDirectory();
  const found = await directory.parameter(partner, parameter);
  if (found === undefined) {
    throw new StepFailure(
      'xslt_reference',
      `The Partner Directory has no parameter ${JSON.stringify(parameter)} of the partner ${JSON.stringify(partner)}.`,
    );
  }
  const body = bodyBytes(found);
  if (body.length > MAX_BYTES) {
    const message = `The stylesheet ${parameter} of the partner ${partner} has more than ${MAX_BYTES} bytes.`;
    throw new StepFailure('xslt_reference', message);
  }
  const key = `${hash('sha256', body, 'hex')} ${parameter}`;
  const { compiled, faults } = await remember(key, () =>
    runTask('xsltCompile', { body, name: parameter }, node, context),
  );
  if (compiled !== undefined) return { key, compiled };
  throw new StepFailure(
    'xslt_reference',
    `The stylesheet ${parameter} of the partner ${partner} ${faults.join('; it ')}.`,
  );
}

/** Compiles once for all who ask at the same time; what went wrong apart from it is not kept. */
function remember(key: string, compile: () => Promise<CompileResult>): Promise<CompileResult> {
  const known = kept.get(key) ?? { result: compile(), characters: 0 };
  kept.delete(key);
  kept.set(key, known);
  known.result.then(
    ({ compiled }) => {
      known.characters = compiled?.text.length ?? 0;
      dropOldest();
    },
    () => {
      if (kept.get(key) === known) kept.delete(key);
    },
  );
  dropOldest();
  return known.result;
}

function dropOldest(): void {
  let characters = 0;
  for (const one of kept.values()) characters += one.characters;
  for (const [key, one] of kept) {
    if (kept.size <= MAX_KEPT && characters <= MAX_KEPT_CHARACTERS) return;
    characters -= one.characters;
    kept.delete(key);
  }
}
