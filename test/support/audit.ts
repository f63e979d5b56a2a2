import type { AuditEvent, AuditNote } from '../../shared/registry/audit/audit-entry.ts';
import type { AuditTrail } from '../../shared/registry/audit/audit-trail.ts';
import type { Throttle } from '../../shared/oauth/throttle.ts';

export interface TestTrail extends AuditTrail {
  readonly events: (AuditEvent & { readonly note?: AuditNote | undefined })[];
}

/** Lists what it is told, with what a change has added to it; the trail itself has its own test. */
export function testTrail(): TestTrail {
  const events: TestTrail['events'] = [];
  return {
    events,
    note: (event) => void events.push(event),
    record: (event) => Promise.resolve(void events.push(event)),
    change: async (event, work, tell) => {
      const result = await work();
      events.push({ ...event, note: tell?.(result) });
      return result;
    },
  };
}

export interface TestThrottle extends Throttle {
  /** Whom failures were counted for. */
  readonly failures: string[];
}

/** Slows nobody and lists what it is told; the throttle itself has its own test. */
export function testThrottle(): TestThrottle {
  const failures: string[] = [];
  return {
    failures,
    admit: () => undefined,
    countFailure: (_call, clientId) => {
      failures.push(clientId);
      return Promise.resolve(undefined);
    },
  };
}
