import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type { LogStore } from '../../monitor/log-store.ts';
import type { WriteBehind } from '../../monitor/write-behind.ts';
import { networkOf } from '../../net/network.ts';
import {
  type AuditEntry,
  type AuditEvent,
  type AuditNote,
  makeAuditEntry,
  withNote,
} from './audit-entry.ts';

export interface AuditTrail {
  /**
   * Tells of an event of the data path: written behind the answer, within a second. Refusals of one
   * caller are listed up to {@link MOST_REFUSALS} a minute, so that nobody fills the trail.
   */
  note(event: AuditEvent): void;
  /** Writes before it returns. While storage does not take it, it is written behind as by `note`. */
  record(event: AuditEvent): Promise<void>;
  /**
   * Makes a change that must not go unseen. The entry is written before the change is begun, with
   * the outcome `unknown`; if that fails, so does the call, and nothing has changed. When the change
   * is through, the entry is replaced by one with its outcome, before the answer. If storage does
   * not take that, the answer still tells what happened, and the outcome is written behind; an
   * instance that is killed before then leaves `unknown` in the trail, never a change without entry.
   * @param tell what the result adds to the entry.
   */
  change<T>(
    event: AuditEvent,
    work: () => Promise<T> | T,
    tell?: (result: T) => AuditNote | undefined,
  ): Promise<T>;
}

export interface AuditTrailDeps {
  readonly store: Pick<LogStore<AuditEntry>, 'append'>;
  readonly behind: Pick<WriteBehind<AuditEntry>, 'add'>;
  readonly clock: Clock;
  readonly randomUUID: () => string;
}

/** Refusals of one caller (user and address, an IPv6 /64 being one) that are listed within a minute. */
export const MOST_REFUSALS = 60;
const MINUTE_MS = 60_000;
/** Callers that are counted at a time; the one that began first is forgotten first. */
const MOST_CALLERS = 10_000;

export function createAuditTrail(deps: AuditTrailDeps): AuditTrail {
  const { store, behind, clock } = deps;
  const refusals = new Map<string, { readonly since: number; count: number }>();
  const make = (event: AuditEvent): AuditEntry =>
    makeAuditEntry(event, deps.randomUUID(), clock.now());

  /** How many refusals of this caller there were within its minute, this one included. */
  const countRefusal = (event: AuditEvent): number => {
    const caller = JSON.stringify([networkOf(event.call?.clientAddress ?? ''), event.actor]);
    const now = clock.now();
    const known = refusals.get(caller);
    if (known !== undefined && Math.abs(now - known.since) < MINUTE_MS) {
      known.count += 1;
      return known.count;
    }
    refusals.delete(caller);
    refusals.set(caller, { since: now, count: 1 });
    if (refusals.size > MOST_CALLERS) {
      const oldest = refusals.keys().next();
      if (!oldest.done) refusals.delete(oldest.value);
    }
    return 1;
  };

  const append = async (entry: AuditEntry): Promise<void> => {
    // What `behind` cannot write either, it reports.
    await store.append([entry]).catch(() => behind.add(entry));
  };

  return {
    note(event) {
      if (event.outcome !== 'failure') {
        behind.add(make(event));
        return;
      }
      const count = countRefusal(event);
      if (count <= MOST_REFUSALS) behind.add(make(event));
      if (count === MOST_REFUSALS + 1) {
        const detail = 'Further refusals of this caller are not listed for the rest of the minute.';
        behind.add(make({ ...event, detail }));
      }
    },

    async record(event) {
      await append(make(event));
    },

    async change(event, work, tell) {
      const begun = make({ ...event, outcome: 'unknown' });
      await store.append([begun]);
      try {
        const result = await work();
        await append(withNote(begun, { outcome: 'success', ...tell?.(result) }));
        return result;
      } catch (error) {
        const refused = error instanceof Fault && error.status < 500;
        const reason = error instanceof Fault ? error.reason : 'unexpected';
        // What fails for a reason of ours may have been done in part.
        await append(withNote(begun, { outcome: refused ? 'failure' : 'unknown', reason }));
        throw error;
      }
    },
  };
}
