import { Problem, type ProblemDetail } from '../../http/problem.ts';
import type { StoredSecret } from '../client.ts';
import {
  findFaultInSecret,
  generateSecret,
  hashChosenSecret,
  isAlive,
  type NewSecret,
  secretsInUse,
} from '../secrets.ts';
import type { Members } from './json-body.ts';
import { unknownMember } from './parse-members.ts';
import type { RegistryDeps } from './request.ts';
import { readTime as readIsoTime } from './time.ts';

/** The last second of the year 9999, which ISO 8601 dates can still say. */
const LATEST = 253_402_300_799_000;
const DAY_MS = 86_400_000;

/** The names that the expiry of a secret may be given by. */
export const EXPIRY = ['expires_at', 'client_secret_expires_at'];

export interface SecretRequest {
  /** Undefined: make one. */
  readonly chosen: string | undefined;
  /** Milliseconds since the epoch; undefined never expires. */
  readonly expiresAt: number | undefined;
}

/**
 * Reads `client_secret`, and when it expires: `client_secret_expires_at` (RFC 7591 section 3.2.1:
 * epoch seconds, 0 for never) or `expires_at` (ISO 8601 or epoch seconds).
 * @throws {Problem} 422
 */
export function readSecretRequest(members: Members, clientId: string, now: number): SecretRequest {
  const expiresAt = readExpiry(members, now);
  const chosen = members.get('client_secret') ?? undefined;
  if (chosen === undefined) return { chosen, expiresAt };
  const fault =
    typeof chosen === 'string' ? findFaultInSecret(chosen, clientId) : 'A client_secret is text.';
  if (typeof chosen !== 'string' || fault !== undefined) {
    throw invalid('client_secret', fault ?? 'A client_secret is text.');
  }
  return { chosen, expiresAt };
}

/** Milliseconds since the epoch; undefined for never. @throws {Problem} 422 */
export function readExpiry(members: Members, now: number): number | undefined {
  const rfc7591 = members.get('client_secret_expires_at') ?? undefined;
  const ours = members.get('expires_at') ?? undefined;
  const readings = [
    ...(rfc7591 === undefined ? [] : [readSeconds(rfc7591, 'client_secret_expires_at')]),
    ...(ours === undefined ? [] : [readTime(ours)]),
  ];
  const [expiresAt, other] = readings;
  if (readings.length === 2 && expiresAt !== other) {
    throw invalid(
      'expires_at',
      'expires_at and client_secret_expires_at differ. Send one of them.',
    );
  }
  if (expiresAt !== undefined && (expiresAt <= now || expiresAt > LATEST)) {
    throw invalid(
      ours === undefined ? 'client_secret_expires_at' : 'expires_at',
      'A secret expires in the future, before the year 10000. To end one now, delete it.',
    );
  }
  return expiresAt;
}

export async function makeSecret(request: SecretRequest, deps: RegistryDeps): Promise<NewSecret> {
  const times = { createdAt: deps.clock.now(), expiresAt: request.expiresAt };
  return request.chosen === undefined
    ? generateSecret(deps.random, times)
    : hashChosenSecret(request.chosen, deps.random, times);
}

/** The one time that a secret is shown. */
export function viewNewSecret({ text, stored }: NewSecret): Record<string, unknown> {
  const { expiresAt } = stored;
  return {
    client_secret: text,
    client_secret_expires_at: expiresAt === undefined ? 0 : Math.floor(expiresAt / 1000),
  };
}

/** @param all the secrets of the client, of which it is one. */
export function viewSecret(
  secret: StoredSecret,
  all: readonly StoredSecret[],
  now: number,
): Record<string, unknown> {
  const { expiresAt } = secret;
  return {
    secret_id: secret.secretId,
    last_four: secret.lastFour,
    created_at: new Date(secret.createdAt).toISOString(),
    expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    expires_in_days: expiresAt === undefined ? null : daysUntil(expiresAt, now),
    state: stateOf(secret, all, now),
  };
}

function stateOf(
  secret: StoredSecret,
  all: readonly StoredSecret[],
  now: number,
): 'current' | 'next' | 'expired' {
  if (!isAlive(secret, now)) return 'expired';
  return secret === secretsInUse(all, now).next ? 'next' : 'current';
}

/** Whole days; 0 on the last one and after it. */
function daysUntil(time: number, now: number): number {
  return Math.max(0, Math.floor((time - now) / DAY_MS));
}

/** @throws {Problem} 422 for members that nobody reads: most likely typing errors. */
export function refuseUnknown(members: Members, known: readonly string[]): void {
  const unknown = [...members.keys()].filter((name) => !known.includes(name));
  if (unknown.length > 0) throw Problem.invalid(unknown.map(unknownMember));
}

function readTime(value: unknown): number | undefined {
  if (typeof value === 'number') return readSeconds(value, 'expires_at');
  const time = typeof value === 'string' ? readIsoTime(value) : undefined;
  if (time === undefined) {
    throw invalid(
      'expires_at',
      'expires_at is a time such as 2030-01-31T00:00:00Z, with its zone, or epoch seconds; null for never.',
    );
  }
  return time;
}

function readSeconds(value: unknown, member: string): number | undefined {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalid(member, `${member} is a whole number of seconds since 1970, 0 for never.`);
  }
  return value === 0 ? undefined : value * 1000;
}

function invalid(member: string, detail: string): Problem {
  const error: ProblemDetail = { pointer: `/${member}`, detail };
  return Problem.invalid([error]);
}
