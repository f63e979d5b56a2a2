import type { HttpCall } from '../../http/call.ts';

/**
 * One security event: who did what to what, when, from where, and what came of it. Never a secret,
 * a token or a payload.
 */
export interface AuditEntry {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The user that acted; {@link SYSTEM} for the app itself, '' where nobody has proven who he is. */
  readonly actor: string;
  /** What was done, such as `client.create`. */
  readonly action: string;
  readonly object: AuditObject;
  /** As in {@link HttpCall.clientAddress}; '' for the app itself. */
  readonly address: string;
  readonly outcome: AuditOutcome;
  /** Why it failed, such as `wrong_secret`; '' where it did not. */
  readonly reason: string;
  /** The call's `x-invocation-id`; '' for the app itself. */
  readonly invocationId: string;
  /** What else there is to say, in a few words. */
  readonly detail: string;
  /** The access token that was issued; of no other entry. */
  readonly token?: AuditedToken | undefined;
}

/** What an issued access token is found by, and whether it may still be good. */
export interface AuditedToken {
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** `aud` of the token. */
  readonly subscription: string;
  /** `sub` of the token, where it is not the client that speaks for itself. */
  readonly user?: string;
  readonly scope?: string;
  /** Of the user's grant that it was given out of. */
  readonly grantId?: string;
}

export interface AuditObject {
  /** Such as `client`, `user`, `role`, `iflow`. */
  readonly type: string;
  readonly name: string;
}

/**
 * `unknown` is what a change is written as before it is begun. It stays so when the instance is
 * killed in the middle, and when the change ends in an error of ours that may have come half-way.
 */
export type AuditOutcome = 'success' | 'failure' | 'unknown';

/** The actor of what nobody has asked for: timers, the start. */
export const SYSTEM = 'system';

/** What a room tells of an event. */
export interface AuditEvent {
  readonly action: string;
  readonly actor: string;
  readonly object: AuditObject;
  /** Undefined for the app itself. */
  readonly call: Pick<HttpCall, 'clientAddress' | 'invocationId'> | undefined;
  readonly outcome?: AuditOutcome;
  readonly reason?: string;
  readonly detail?: string;
  readonly token?: AuditedToken | undefined;
}

/** What of an event is known only when it is over. */
export interface AuditNote {
  readonly action?: string;
  readonly name?: string;
  readonly outcome?: AuditOutcome;
  readonly reason?: string;
  readonly detail?: string;
}

const LONGEST_TEXT = 300;

export function makeAuditEntry(event: AuditEvent, id: string, time: number): AuditEntry {
  return {
    id,
    time,
    actor: cut(event.actor),
    action: cut(event.action),
    object: { type: cut(event.object.type), name: cut(event.object.name) },
    address: cut(event.call?.clientAddress ?? ''),
    outcome: event.outcome ?? 'success',
    reason: cut(event.reason ?? ''),
    invocationId: cut(event.call?.invocationId ?? ''),
    detail: cut(event.detail ?? ''),
    ...(event.token === undefined ? {} : { token: cutScope(event.token) }),
  };
}

export function withNote(entry: AuditEntry, note: AuditNote): AuditEntry {
  return {
    ...entry,
    action: note.action ?? entry.action,
    object: { ...entry.object, name: cut(note.name ?? entry.object.name) },
    outcome: note.outcome ?? entry.outcome,
    reason: cut(note.reason ?? entry.reason),
    detail: cut(note.detail ?? entry.detail),
  };
}

/** A scope has up to 2000 characters, and all tokens of a client have about the same. */
function cutScope(token: AuditedToken): AuditedToken {
  return token.scope === undefined ? token : { ...token, scope: cut(token.scope) };
}

/** Names come out of addresses, which may be long. */
function cut(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…`;
}
