import { Fault } from '../../http/fault.ts';
import { isRoleName } from '../roles.ts';
import type { AccessPolicies, AccessPolicy, ArtifactReference } from './access-policy.ts';
import { CLIENT_PREFIX } from './access-policy.ts';

/** SAP Help, Creating Custom Roles for Access Policies: 200 characters. */
const LONGEST_ROLE = 200;
const LONGEST_NAME = 200;
const LONGEST_DESCRIPTION = 1000;
const LONGEST_VALUE = 500;
export const MOST_POLICIES = 200;
/** Of all policies together. */
export const MOST_REFERENCES = 500;
const MOST_BYTES = 500_000;

type Given<P extends string> = Readonly<Partial<Record<P, string>>>;

/** @throws {Fault} 400 */
export function readRoleName(text: string | undefined): string {
  if (text === undefined) throw invalid("Property 'RoleName' is missing.");
  const client = text.startsWith(CLIENT_PREFIX) ? text.slice(CLIENT_PREFIX.length) : undefined;
  const isGood =
    client === undefined
      ? isRoleName(text)
      : text.length <= LONGEST_ROLE && /^[\x21-\x7e]+$/.test(client);
  if (isGood) return text;
  throw invalid(
    "Property 'RoleName' is a role of the subscription that iFlows run in, of 1 to 100 of the characters A-Z a-z 0-9 _ . -, or client: and the id of a client.",
  );
}

/** @throws {Fault} 400 */
export function readDescription(text: string | undefined): string {
  return readText('Description', text ?? '', LONGEST_DESCRIPTION);
}

/** @throws {Fault} 400 */
export async function readReference(
  given: Given<
    'Name' | 'Description' | 'Type' | 'ConditionAttribute' | 'ConditionType' | 'ConditionValue'
  >,
): Promise<Omit<ArtifactReference, 'id'>> {
  const name = readText('Name', given.Name ?? '', LONGEST_NAME);
  if (name.trim() === '') throw invalid("Property 'Name' of an artifact reference is missing.");
  const type = readType(given.Type);
  const { ConditionAttribute: attribute = 'Name', ConditionType: condition = 'exactString' } =
    given;
  if (attribute !== 'Name' && attribute !== 'ID') {
    throw invalid("Property 'ConditionAttribute' is Name or ID.");
  }
  if (condition !== 'exactString' && condition !== 'regularExpression') {
    throw invalid("Property 'ConditionType' is exactString or regularExpression.");
  }
  const value = readText('ConditionValue', given.ConditionValue ?? '', LONGEST_VALUE);
  if (value === '') throw invalid("Property 'ConditionValue' is missing.");
  if (condition === 'regularExpression') {
    if (type === 'INTEGRATION_PACKAGE') {
      throw invalid('A reference to an integration package has no regular expression.');
    }
    await requirePattern(value);
  }
  const description = readDescription(given.Description);
  return { name, description, type, attribute, condition, value };
}

/** Types that a tenant protects, and that nobody calls here. */
const OTHER_TYPES = [
  'ODATA_SERVICE',
  'SCRIPT_COLLECTION',
  'VALUE_MAPPING',
  'MESSAGE_MAPPING',
  'MESSAGE_QUEUE',
  'GLOBAL_DATASTORE',
  'GLOBAL_DATA_STORE',
  'GLOBAL_VARIABLE',
  'SOAP_API_PROVIDER',
  'REST_API_PROVIDER',
  'DATA_TYPE',
  'MESSAGE_TYPE',
];

function readType(text = 'INTEGRATION_FLOW'): ArtifactReference['type'] {
  if (text === 'INTEGRATION_FLOW' || text === 'INTEGRATION_PACKAGE') return text;
  if (!OTHER_TYPES.includes(text)) {
    throw invalid("Property 'Type' is INTEGRATION_FLOW or INTEGRATION_PACKAGE.");
  }
  throw new Fault(
    501,
    `Access policies decide here who may call an iFlow, so artifacts of the type ${text} have none. Use INTEGRATION_FLOW or INTEGRATION_PACKAGE.`,
    { reason: 'not_implemented' },
  );
}

/** Java's regular expressions, less what cannot be matched in time linear in the name (RE2). */
async function requirePattern(pattern: string): Promise<void> {
  const { compilePattern } = await import('../../iflow/expressions/pattern.ts');
  try {
    compilePattern(pattern);
  } catch {
    throw invalid(
      "Property 'ConditionValue' is no regular expression that is understood here. Lookaheads, lookbehinds, back references, possessive quantifiers, && in a class and repetitions that come to more than 1000 are not.",
    );
  }
}

/** All of them are one row, and in the memory of each instance. @throws {Fault} 400 */
export function requireRoom(all: AccessPolicies): void {
  const references = all.policies.reduce((sum, policy) => sum + policy.references.length, 0);
  const bytes = Buffer.byteLength(JSON.stringify(all), 'utf8');
  if (
    all.policies.length <= MOST_POLICIES &&
    references <= MOST_REFERENCES &&
    bytes <= MOST_BYTES
  ) {
    return;
  }
  throw invalid(
    `There are at most ${MOST_POLICIES} access policies with ${MOST_REFERENCES} artifact references in all, of ${MOST_BYTES} bytes as JSON.`,
  );
}

/** A policy is known by its role, as on a tenant. @throws {Fault} 409 */
export function requireUnique(policies: readonly AccessPolicy[], roleName: string): void {
  const there = policies.find((policy) => policy.roleName === roleName);
  if (there === undefined) return;
  throw new Fault(
    409,
    `There is an access policy for ${roleName} already, with the Id ${there.id}. Add artifact references to that one.`,
    { reason: 'duplicate' },
  );
}

function readText(property: string, text: string, most: number): string {
  if (text.length > most) throw invalid(`Property '${property}' has at most ${most} characters.`);
  if (/[\p{Cc}\p{Cs}]/u.test(text.replace(/[\t\r\n]/g, ''))) {
    throw invalid(`Property '${property}' has no control characters.`);
  }
  return text;
}

export function invalid(detail: string): Fault {
  return new Fault(400, detail, { reason: 'invalid_access_policy' });
}
