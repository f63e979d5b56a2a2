import type { SigningAlgorithm, StoredKey } from './signing-key.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Seconds that a resource server may keep the JWKS. */
export const JWKS_MAX_AGE = 300;
/** An instance reads its ring again behind an answer after this… */
export const RING_FRESH_MS = MINUTE;
/** …and before an answer after this. */
export const RING_STALE_MS = 5 * MINUTE;
/**
 * How long a key is in the JWKS before it signs. It covers the oldest JWKS that anybody can hold
 * (served from a ring RING_STALE_MS old, then kept for JWKS_MAX_AGE) and 5 minutes for clocks.
 */
export const PUBLISH_AHEAD_MS = RING_STALE_MS + JWKS_MAX_AGE * 1000 + 5 * MINUTE;
/** How long a key stays after its successor signs: the longest token (12 h), and 1 h for clocks. */
export const RETAIN_MS = 12 * HOUR + HOUR;

export type KeyState = 'next' | 'current' | 'previous';

export interface KeyStanding {
  readonly key: StoredKey;
  readonly state: KeyState;
  /** When no token made with it is left; undefined until it has a successor. Milliseconds. */
  readonly removedAfter: number | undefined;
}

/** The keys in the order in which they sign. */
export function inOrder(keys: readonly StoredKey[]): StoredKey[] {
  return keys.toSorted(
    (a, b) => a.activeFrom - b.activeFrom || a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1),
  );
}

/**
 * The key that signs: the newest that is active. With a clock so far back that none is, the first
 * one, so that tokens go on.
 */
export function currentKey(keys: readonly StoredKey[], now: number): StoredKey | undefined {
  const ordered = inOrder(keys);
  return ordered.findLast((key) => key.activeFrom <= now) ?? ordered[0];
}

/** Where every key stands, in the order in which they sign. */
export function standingOf(keys: readonly StoredKey[], now: number): KeyStanding[] {
  const ordered = inOrder(keys);
  const current = currentKey(ordered, now);
  const at = ordered.findIndex((key) => key === current);
  return ordered.map((key, index) => {
    const successor = ordered[index + 1];
    return {
      key,
      state: index === at ? 'current' : index < at ? 'previous' : 'next',
      removedAfter: successor === undefined ? undefined : successor.activeFrom + RETAIN_MS,
    };
  });
}

/** The keys that the JWKS shows: all but those that no living token can have been signed with. */
export function publishedKeys(keys: readonly StoredKey[], now: number): StoredKey[] {
  return standingOf(keys, now)
    .filter((standing) => !isOver(standing, now))
    .map((standing) => standing.key);
}

export interface RotationRules {
  readonly algorithm: SigningAlgorithm;
  /** Age in days at which a key gets a successor. */
  readonly rotationDays: number;
}

export interface RotationPlan {
  /** When the key to be made shall sign; undefined if none is to be made. */
  readonly makeActiveFrom: number | undefined;
  /** kids. */
  readonly remove: readonly string[];
}

/**
 * What a rotation has to do now. Done twice it does nothing the second time, forced or not: while
 * a next key waits for its turn, no other is made.
 */
export function planRotation(
  keys: readonly StoredKey[],
  now: number,
  rules: RotationRules,
  force: boolean,
): RotationPlan {
  const standings = standingOf(keys, now);
  const newest = standings.at(-1);
  const remove = standings.filter((s) => isOver(s, now)).map((s) => s.key.kid);
  // Nobody can hold an older JWKS than the one with the first key.
  if (newest === undefined) return { makeActiveFrom: now, remove };
  const due =
    newest.state !== 'next' &&
    (force ||
      newest.key.alg !== rules.algorithm ||
      now - newest.key.activeFrom >= rules.rotationDays * DAY);
  return { makeActiveFrom: due ? now + PUBLISH_AHEAD_MS : undefined, remove };
}

function isOver(standing: KeyStanding, now: number): boolean {
  return (
    standing.state === 'previous' &&
    standing.removedAfter !== undefined &&
    standing.removedAfter <= now
  );
}
