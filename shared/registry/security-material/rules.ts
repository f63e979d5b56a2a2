import { Fault } from '../../http/fault.ts';
import type { Space } from './material.ts';

/** Characters of a name, as on a tenant: 150 of credentials, 250 of an alias. */
const LONGEST_NAME: Readonly<Record<Space, number>> = { credentials: 150, keystore: 250 };
export const LONGEST_DESCRIPTION = 1024;
/** Of a user name, and of every other text but the secrets. */
export const LONGEST_TEXT = 1024;
/** Of a secret: tokens and keys are used as passwords, too. */
export const LONGEST_SECRET = 4096;

/** Whether anything can have that name. */
export function isName(space: Space, name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= LONGEST_NAME[space] &&
    name.trim() === name &&
    !/[\p{Cc}\p{Cs}]/u.test(name)
  );
}

/** @throws {Fault} 400 */
export function requireName(space: Space, name: string | undefined): string {
  const property = space === 'keystore' ? 'Alias' : 'Name';
  if (name === undefined) throw invalid(`Property '${property}' is missing.`);
  if (isName(space, name)) return name;
  throw invalid(
    `Property '${property}' has 1 to ${LONGEST_NAME[space]} characters, none of them a control character, and no space at either end.`,
  );
}

interface TextRule {
  /** '' unless told. */
  readonly least?: number;
  readonly most?: number;
  /** Line breaks and the like are allowed. */
  readonly controls?: boolean;
}

/**
 * A text that may be left out where it may be empty. What it holds is never part of the answer.
 * @throws {Fault} 400
 */
export function requireText(
  property: string,
  text: string | undefined,
  { least = 0, most = LONGEST_TEXT, controls = false }: TextRule = {},
): string {
  if (text === undefined && least > 0) throw invalid(`Property '${property}' is missing.`);
  const given = text ?? '';
  if (given.length < least || given.length > most) {
    throw invalid(`Property '${property}' has ${least} to ${most} characters.`);
  }
  if (!given.isWellFormed() || (!controls && /\p{Cc}/u.test(given))) {
    throw invalid(`Property '${property}' has no control characters and no half surrogate pairs.`);
  }
  return given;
}

/** One of the values that a property takes, in any case. @throws {Fault} 400 */
export function requireOneOf<T>(
  property: string,
  text: string | undefined,
  values: Readonly<Record<string, T>>,
  byDefault: T,
): T {
  if (text === undefined || text === '') return byDefault;
  const found = Object.entries(values).find(([name]) => name === text.toLowerCase());
  if (found !== undefined) return found[1];
  throw invalid(`Property '${property}' is one of ${Object.keys(values).join(', ')}.`);
}

export function invalid(detail: string): Fault {
  return new Fault(400, detail, { reason: 'invalid_material' });
}
