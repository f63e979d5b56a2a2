import { ExpressionFault, parseSimple } from '../../expressions/parse-simple.ts';
import type { Template } from '../../expressions/simple.ts';
import type { ReceiverCompileContext } from '../compiler.ts';

/** What the properties of a channel are read with. */
export interface ChannelReader {
  /** Without white space around it; '' for a property that is not there. */
  readonly text: (property: string) => string;
  readonly fault: ReceiverCompileContext['fault'];
}

export function template(property: string, { text, fault }: ChannelReader): Template {
  try {
    return parseSimple(text(property));
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    fault(`cannot use its ${property}: ${error.message}`, { property });
    return [];
  }
}

export function flag(
  property: string,
  byDefault: boolean,
  { text, fault }: ChannelReader,
): boolean {
  const written = text(property).toLowerCase();
  if (written === '') return byDefault;
  if (/^(true|1)$/.test(written)) return true;
  if (!/^(false|0)$/.test(written) && !isOpen(written)) {
    fault(`has ${quoted(written)} as ${property}; it can be true or false`, { property });
  }
  return false;
}

export function wholeNumber(
  property: string,
  [least, most]: readonly [number, number],
  byDefault: number,
  { text, fault }: ChannelReader,
): number {
  const written = text(property);
  if (written === '' || isOpen(written)) return byDefault;
  const number = /^\d{1,10}$/.test(written) ? Number(written) : NaN;
  if (number >= least && number <= most) return number;
  const clause = `has ${quoted(written)} as ${property}; it can be a whole number from ${least} to ${most}`;
  fault(clause, { property });
  return byDefault;
}

/** An externalised parameter without a value is told of as such. */
export function isOpen(value: string): boolean {
  return value.includes('{{');
}

export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
