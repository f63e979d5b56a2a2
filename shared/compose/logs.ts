import { randomUUID } from 'node:crypto';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import type { LogStore } from '../monitor/log-store.ts';
import type { WriteBehind, WriteBehindOptions } from '../monitor/write-behind.ts';
import type { AuditEvent } from '../registry/audit/audit-entry.ts';
import { atEnd, config, deriveKey, meter, preparedTask } from './environment.ts';
import { revocations } from './revocations.ts';
import { tables } from './storage.ts';
import { MOST_HELD_CHARACTERS, weightOfAttachment } from '../monitor/log-attachments.ts';
import { createWriteBehind } from '../monitor/write-behind.ts';
import { createAuditTrail } from '../registry/audit/audit-trail.ts';
import { openAuditStore } from '../storage/audit.ts';
import { openFailureBoard } from '../storage/failed-sign-ins.ts';
import { createMessageLogStore } from '../storage/message-logs.ts';
import { openOneTimeValues } from '../storage/one-time-values.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const logRetentionMs = async (): Promise<number> =>
  (await config()).logRetentionDays * DAY_MS;
export const auditRetentionMs = async (): Promise<number> =>
  (await config()).auditRetentionDays * DAY_MS;

export const audit = once(async () => {
  const store = openAuditStore(await tables());
  const behind = await writeBehind(store, 'audit', 'audit entries');
  return { store, behind, trail: createAuditTrail({ store, behind, clock, randomUUID }) };
});

/** An event that nobody has asked for. */
export const systemEvent = (action: string, type: string, name: string): AuditEvent => ({
  action,
  actor: 'system',
  object: { type, name },
  call: undefined,
});

export const messageLog = once(async () => {
  const store = createMessageLogStore(await tables());
  return { store, writer: await writeBehind(store, 'messages', 'message log entries') };
});

/** Characters of one attachment with its few words, when it is opened. */
const LARGEST_ATTACHMENT = 32 * 1024 * 1024;

export const logAttachments = once(async () => {
  const { openLogAttachments } = await import('../storage/log-attachments.ts');
  const { createContentSealer } = await import('../storage/sealed-content.ts');
  const sealer = createContentSealer(await deriveKey('log attachments'), LARGEST_ATTACHMENT);
  const store = openLogAttachments(await tables(), sealer);
  return {
    store,
    writer: await writeBehind(store, 'attachments', 'log attachments', {
      maxHeld: MOST_HELD_CHARACTERS,
      weightOf: weightOfAttachment,
    }),
  };
});

export const failureBoard = once(async () => {
  return openFailureBoard(await tables(), randomUUID());
});

export const deleteExpiredLogs = preparedTask(async () => {
  const { store: messages } = await messageLog();
  const { store: attachments } = await logAttachments();
  const { store: events } = await audit();
  const board = await failureBoard();
  const { openSessionStore } = await import('../storage/sessions.ts');
  const sessions = openSessionStore(await tables());
  const { table: revoked } = await revocations();
  const values = openOneTimeValues(await tables());
  const { openInitialAccessTokens } = await import('../storage/initial-access-tokens.ts');
  const { removeLongExpired } = await import('../registry/initial-access-tokens.ts');
  const { deleteInTurn } = await import('../monitor/delete-in-turn.ts');
  const invitations = openInitialAccessTokens(await tables());
  const [messagesKept, eventsKept] = [await logRetentionMs(), await auditRetentionMs()];
  return () =>
    deleteInTurn(
      {
        messages: () => messages.deleteBefore(clock.now() - messagesKept),
        logattachments: () => attachments.deleteBefore(clock.now() - messagesKept),
        audit: () => events.deleteBefore(clock.now() - eventsKept),
        throttle: () => board.deleteBefore(clock.now() - HOUR_MS),
        sessions: () => sessions.deleteBefore(clock.now()),
        revocations: () => revoked.deleteExpired(clock.now()),
        onetime: () => values.deleteBefore(clock.now() - HOUR_MS),
        initialtokens: () => removeLongExpired(invitations, clock.now()),
      },
      (problem, cause) => console.error(problem, cause),
    );
});

/** Writes to `store` behind the answers, and what is left when the host ends the app. */
async function writeBehind<T>(
  store: Pick<LogStore<T>, 'append'>,
  log: 'audit' | 'messages' | 'attachments',
  what: string,
  bounds: Pick<WriteBehindOptions<T>, 'maxHeld' | 'weightOf'> = {},
): Promise<WriteBehind<T>> {
  const measured = await meter();
  const behind = createWriteBehind<T>((entries) => store.append(entries), {
    ...bounds,
    what,
    onError: (problem, cause) => console.error(problem, cause),
    onGivenUp: (entries) => measured.count('flowgate.entries.given_up', entries, { log }),
  });
  measured.observe('flowgate.entries.held', () => Promise.resolve(behind.held()), { log });
  atEnd(() => behind.flush());
  return behind;
}
