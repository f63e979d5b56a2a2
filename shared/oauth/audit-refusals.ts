import type { Handler, HttpCall } from '../http/call.ts';
import type { AuditTrail } from '../registry/audit/audit-trail.ts';
import { BearerFault } from './gate.ts';
import type { Throttle } from './throttle.ts';

/**
 * Writes into the audit trail whom the bearer gate has refused, behind the answer.
 * @param action what was refused: `message.send` or `management.call`.
 */
export function auditRefusals(
  handle: Handler,
  action: string,
  trail: Pick<AuditTrail, 'note'>,
): Handler {
  return async (call) => {
    try {
      return await handle(call);
    } catch (error) {
      if (error instanceof BearerFault) noteRefusal(call, error, action, trail);
      throw error;
    }
  };
}

/**
 * The door to management: as {@link auditRefusals}, and a token that is not one of ours counts as a
 * failed sign-in of its sender's address. A token of ours that has expired or lost its client gives
 * nobody anything to guess at, and a missing one is no attempt.
 */
export function guardManagement(
  handle: Handler,
  deps: { readonly trail: Pick<AuditTrail, 'note'>; readonly throttle: Throttle },
): Handler {
  const audited = auditRefusals(handle, 'management.call', deps.trail);
  return async (call) => {
    deps.throttle.admit(call);
    try {
      return await audited(call);
    } catch (error) {
      const guessed = error instanceof BearerFault && error.reason === 'invalid_token';
      if (!guessed) throw error;
      throw (await deps.throttle.countFailure(call, '')) ?? error;
    }
  };
}

/** The path alone: a query may hold what is nobody's business. */
function noteRefusal(
  call: HttpCall,
  fault: BearerFault,
  action: string,
  trail: Pick<AuditTrail, 'note'>,
): void {
  trail.note({
    action,
    actor: fault.user,
    object: { type: 'address', name: call.url.pathname },
    call,
    outcome: 'failure',
    reason: fault.reason,
    detail: call.method,
  });
}
