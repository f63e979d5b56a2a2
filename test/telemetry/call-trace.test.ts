import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { CallTrace, type FinishedSpan, startStep } from '../../shared/telemetry/call-trace.ts';
import { ForwardedTrace } from '../../shared/telemetry/telemetry.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

function startCall(traceParent?: string, traceState?: string, samplingRatio = 1) {
  const kept: FinishedSpan[] = [];
  const call = new CallTrace('token', { traceParent, traceState }, Date.now(), {
    samplingRatio,
    randomBytes,
    keep: (spans) => kept.push(...spans),
  });
  return { call, kept, end: () => call.end({ attributes: {}, error: undefined }) };
}

test('what is sent on names the step that sends it, in the trace of the call', async () => {
  const { call, kept, end } = startCall(PARENT, 'a=1');
  const sent = await call.run(() =>
    call.span('flow.run', async () => {
      await Promise.resolve();
      return call.headers();
    }),
  );
  end();
  const [run, root] = kept;
  assert.deepEqual(sent, {
    traceparent: `00-${TRACE_ID}-${run?.spanId ?? ''}-01`,
    tracestate: 'a=1',
  });
  assert.equal(run?.parentSpanId, root?.spanId);
  assert.equal(root?.parentSpanId, 'b7ad6b7169203331');
});

test('headers are sent on for a trace that is not kept, marked so', () => {
  const { call, kept, end } = startCall(PARENT.replace(/01$/, '00'));
  assert.match(call.headers().traceparent ?? '', new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
  assert.equal(
    call.run(() => call.span('flow.run', () => startStep('read', {}))),
    undefined,
  );
  end();
  assert.deepEqual(kept, []);
});

for (const [what, traceParent] of [
  ['none', undefined],
  ['an empty one', ''],
  ['one of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
  ['a span of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
  ['version ff', PARENT.replace(/^00/, 'ff')],
  ['upper case', PARENT.toUpperCase()],
  ['two of them', `${PARENT}, ${PARENT}`],
] as const) {
  test(`${what} for traceparent begins a new trace (W3C Trace Context section 3.2)`, () => {
    const { call, kept, end } = startCall(traceParent, 'a=1');
    end();
    assert.match(call.traceId, /^[0-9a-f]{32}$/);
    assert.notEqual(call.traceId, TRACE_ID);
    assert.equal(kept[0]?.parentSpanId, undefined);
    assert.deepEqual(Object.keys(call.headers()), ['traceparent']);
  });
}

test('a later version of traceparent is read as far as it is known', () => {
  assert.equal(startCall(`01-${TRACE_ID}-b7ad6b7169203331-01-more`).call.traceId, TRACE_ID);
});

test('a tracestate that could not be sent on is dropped', () => {
  for (const state of ['a=1\r\nX-Injected: 1', 'ä=1', 'a'.repeat(513)]) {
    assert.deepEqual(Object.keys(startCall(PARENT, state).call.headers()), ['traceparent']);
  }
});

test('a share of the traces begun here is kept, and all or nothing of a trace', () => {
  let spans = 0;
  for (let i = 0; i < 4000; i += 1) {
    const { call, kept, end } = startCall(undefined, undefined, 0.25);
    call.run(() => call.span('token.sign', () => undefined));
    end();
    assert.ok(kept.length === 0 || kept.length === 2);
    spans += kept.length;
  }
  // Five standard deviations.
  assert.ok(Math.abs(spans / 2 - 1000) < 140, `${spans / 2} of 4000`);
  for (const [ratio, length] of [
    [0, 0],
    [1, 1],
  ] as const) {
    const { kept, end } = startCall(undefined, undefined, ratio);
    end();
    assert.equal(kept.length, length);
  }
});

test('a call has 64 spans at most, and says how many steps it does not show', () => {
  const { call, kept, end } = startCall(PARENT);
  call.run(() => {
    for (let i = 0; i < 100; i += 1) call.span('flow.step', () => undefined);
  });
  end();
  assert.equal(kept.length, 64);
  assert.equal(kept.at(-1)?.attributes['flowgate.steps_not_shown'], 37);
});

test('a step that ends after its call is not told of: nobody has waited for it', async () => {
  const { call, kept, end } = startCall(PARENT);
  const late = call.run(() => startStep('TableClient.getEntity', {}));
  const later = call.run(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return startStep('TableClient.getEntity', {});
  });
  end();
  late?.end();
  assert.equal(await later, undefined);
  assert.deepEqual(
    kept.map(({ name }) => name),
    ['token'],
  );
});

test('a failed step shows the tag of the failure, never its message', async () => {
  const { call, kept, end } = startCall(PARENT);
  const refused = Object.assign(new Error('the secret is hunter2'), { reason: 'wrong_secret' });
  await assert.rejects(
    call.span('client.authenticate', () => Promise.reject(refused)),
    refused,
  );
  assert.throws(
    () =>
      call.span('flow.step', () => {
        throw new TypeError('hunter2');
      }),
    TypeError,
  );
  end();
  assert.deepEqual(
    kept.map(({ error }) => error),
    ['wrong_secret', 'TypeError', undefined],
  );
  assert.ok(!JSON.stringify(kept).includes('hunter2'));
});

test('while telemetry is off the trace of the host is named and handed on unchanged', () => {
  const trace = new ForwardedTrace({ traceParent: PARENT, traceState: 'a=1' });
  assert.equal(trace.traceId, TRACE_ID);
  assert.deepEqual(trace.headers(), { traceparent: PARENT, tracestate: 'a=1' });
  assert.equal(
    trace.span('token.sign', () => 7),
    7,
  );
  assert.deepEqual(new ForwardedTrace(undefined).headers(), {});
  assert.equal(new ForwardedTrace({ traceParent: 'nonsense' }).traceId, '');
});
