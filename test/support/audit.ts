import type { Fault } from '../../shared/http/fault.ts';
import type { AuditEvent, AuditNote } from '../../shared/registry/audit/audit-entry.ts';
import type { AuditTrail } from '../../shared/registry/audit/audit-trail.ts';
import type { Throttle } from '../../shared/oauth/throttle.ts';

export interface TestTrail extends AuditTrail {
  readonly events: (AuditEvent & { readonly note?: AuditNote | undefined })[];
}

/** Lists what it is told, with what a change that went well has added to it; the trail itself has its own test. */
export function testTrail(): TestTrail {
  const events: TestTrail['events'] = [];
  return {
    events,
    note: (event) => void events.push(event),
    record: (event) => Promise.resolve(void events.push(event)),
    change: async (event, work, tell) => {
      const index = events.push(event) - 1;
      const result = await work();
      events[index] = { ...event, note: tell?.(result) };
      return result;
    },
  };
}

export interface TestThrottle extends Throttle {
  /** Set: the address is slowed, and nobody is let in. */
  closed: Fault | undefined;
  /** Set: what a failure is answered with. */
  refusal: Fault | undefined;
  /** Whom failures were counted for. */
  readonly failures: string[];
}

/** Slows whom it is told to, and lists failures; the throttle itself has its own test. */
export function testThrottle(): TestThrottle {
  return {
    closed: undefined,
    refusal: undefined,
    failures: [],
    admit() {
      if (this.closed !== undefined) throw this.closed;
    },
    countFailure(_call, clientId) {
      this.failures.push(clientId);
      return Promise.resolve(this.refusal);
    },
  };
}
