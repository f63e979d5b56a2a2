import type { HttpCall, HttpReply } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import {
  type BatchAnswer,
  type BatchItem,
  type BatchRequest,
  parseBatch,
  writeBatch,
} from './batch-format.ts';
import { ODataError, odataSurface } from './errors.ts';

const READING = ['GET', 'HEAD'];
/** Bytes of a batch. */
const LARGEST_BATCH = 16 * 1024 * 1024;
/** Bytes of all answers: what comes after them is not carried out. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

export interface BatchDeps {
  /** Answers one call of the same caller. @throws {Fault} */
  readonly answer: (call: HttpCall) => Promise<HttpReply>;
  /** Carries out several changes as one. @throws {Fault} 501 where they cannot be. */
  readonly answerTogether: (calls: readonly HttpCall[]) => Promise<readonly HttpReply[]>;
  readonly randomUUID: () => string;
}

/**
 * `$batch` (OData V2, Batch Processing): requests one after the other, each with its own answer. A
 * changeset is carried out whole or not at all.
 * @throws {Fault} 400, 413, 415 for what is no batch; nothing of it is carried out then.
 */
export async function answerBatch(call: HttpCall, deps: BatchDeps): Promise<HttpReply> {
  const body = await call.bytes(LARGEST_BATCH);
  const items = parseBatch(call.headers.get('content-type') ?? '', body);
  const answers: BatchAnswer[] = [];
  let bytes = 0;
  for (const item of items) {
    const answered = await answerItem(call, item, deps, bytes > LARGEST_ANSWER);
    answers.push(answered);
    const all = answered.type === 'request' ? [answered.answer] : answered.answers;
    for (const { reply } of all) bytes += Buffer.byteLength(reply.body ?? '');
  }
  return writeBatch(answers, deps.randomUUID);
}

async function answerItem(
  outer: HttpCall,
  item: BatchItem,
  deps: BatchDeps,
  isFull: boolean,
): Promise<BatchAnswer> {
  const requests = item.type === 'request' ? [item.request] : item.requests;
  const [first] = requests;
  if (first === undefined) return { type: 'changeset', answers: [] };
  try {
    if (isFull) {
      throw new Fault(
        413,
        `The answers before this one have more than ${LARGEST_ANSWER} bytes. Send it in another batch.`,
        { reason: 'batch_too_large' },
      );
    }
    if (item.type === 'changeset' && requests.some(({ method }) => READING.includes(method))) {
      throw ODataError.badRequest('A changeset has changes only.');
    }
    const calls = requests.map((request) => callOf(outer, request));
    const [only, ...more] = calls;
    const replies =
      only !== undefined && more.length === 0
        ? [await deps.answer(only)]
        : await deps.answerTogether(calls);
    const answers = replies.map((reply, i) => ({
      reply,
      contentId: requests[i]?.contentId ?? '',
    }));
    const [answer] = answers;
    return item.type === 'request' && answer !== undefined
      ? { type: 'request', answer }
      : { type: 'changeset', answers };
  } catch (error) {
    // An error of ours ends the batch.
    if (!(error instanceof Fault)) throw error;
    return refusal(outer, first, error);
  }
}

/** A changeset that fails is answered like one request. */
function refusal(outer: HttpCall, request: BatchRequest, fault: Fault): BatchAnswer {
  const shown = odataSurface.toReply(fault, { ...partOf(outer, request), url: outer.url });
  const reply = { ...shown, headers: { ...shown.headers, ...fault.headers } };
  return { type: 'request', answer: { reply, contentId: request.contentId } };
}

/** The call that a part stands for. @throws {ODataError} 400 for one that leaves the service. */
function callOf(outer: HttpCall, request: BatchRequest): HttpCall {
  const [root = ''] = /^.*?\/api\/v1\//i.exec(outer.url.href) ?? [];
  const target = /^https?:\/\//i.test(request.target)
    ? request.target.replace(/^.*?\/api\/v1\//i, '')
    : request.target.replace(/^\/(?:api\/v1\/)?/i, '');
  if (!URL.canParse(root + target)) {
    throw ODataError.badRequest('A request of the batch has no address.');
  }
  const url = new URL(root + target);
  const bytes = (limit: number): Promise<Uint8Array> =>
    request.body.length > limit
      ? Promise.reject(Fault.contentTooLarge(limit))
      : Promise.resolve(request.body);
  return {
    ...partOf(outer, request),
    method: request.method,
    url,
    bytes,
    text: async (limit) => Buffer.from(await bytes(limit)).toString('utf8'),
  };
}

/** What a part has of its batch. */
function partOf(
  outer: HttpCall,
  { headers }: BatchRequest,
): Omit<HttpCall, 'method' | 'url' | 'bytes' | 'text'> {
  const accepted = new Headers(headers);
  const accept = outer.headers.get('accept');
  if (!accepted.has('accept') && accept !== null && !/multipart/i.test(accept)) {
    accepted.set('accept', accept);
  }
  return {
    headers: accepted,
    invocationId: outer.invocationId,
    clientAddress: outer.clientAddress,
    receivedAt: outer.receivedAt,
    trace: outer.trace,
    annotate: (fields) => {
      outer.annotate(fields);
    },
  };
}
