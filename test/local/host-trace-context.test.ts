import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceContextOf } from '../../local/host/trace-context.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SENT = `00-${TRACE_ID}-b7ad6b7169203331-00`;

test('the host hands on a span of its own within the trace of the caller, with its flags and state (rule 21)', () => {
  const context = traceContextOf({ traceparent: SENT, tracestate: 'a=1' });
  assert.match(context.traceParent, new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
  assert.notEqual(context.traceParent, SENT);
  assert.equal(context.traceState, 'a=1');
});

test('the host begins a trace where the caller sends none, or one that is malformed (rule 21)', () => {
  const seen = new Set<string>();
  for (const traceparent of [undefined, '', `${SENT}, ${SENT}`, SENT.toUpperCase()]) {
    const { traceParent, traceState } = traceContextOf({ traceparent, tracestate: 'a=1' });
    assert.match(traceParent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.ok(!traceParent.includes(TRACE_ID));
    assert.equal(traceState, '');
    seen.add(traceParent);
  }
  assert.equal(seen.size, 4);
});
