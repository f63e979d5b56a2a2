import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { type Collector, type CollectedSpan, startCollector } from '../support/collector.ts';
import { ADMIN, basic, fetchToken, manage } from '../support/instance.ts';
import { type MeasuredHost, startMeasuredHost } from '../support/measured-host.ts';

const SENT = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  tracestate: 'vendor=opaque',
};
const UNSAMPLED = '1af7651916cd43dd8448eb211c80319c';
const PAYLOAD = 'a-payload-that-nobody-else-may-read';
const QUERY = 'a-query-that-nobody-else-may-read';

let collector: Collector;
let host: MeasuredHost;
let token: string;
let client: { id: string; secret: string };
let endedAfterMs: number;

/** One instance does everything that the tests then look for in what it has exported. */
before(async () => {
  collector = await startCollector();
  const storage = await testStorage();
  host = await startMeasuredHost(storage, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    FLOWGATE_SCRIPT_TIMEOUT_MS: '50',
  });
  const admin = await manage(host);
  const deploy = async (id: string, address: string, source: string): Promise<void> => {
    const steps = [
      { type: 'contentModifier' as const, name: 'Set', body: 'x' },
      { type: 'script' as const, name: 'Script', fileName: 'script1.js', source },
    ].slice(id === 'Hello' ? 0 : 1);
    const bundle = buildBundle({ id, name: id, address, steps: steps as never });
    assert.equal(await admin.deploy(id, bundle), 'SUCCESS');
  };
  await deploy('Hello', '/hello', 'function processData(m) { return m; }');
  await deploy('Throws', '/throws', 'function processData(m) { throw new Error("no"); }');
  // QuickJS does not look at the time inside a built-in: the worker has to be ended.
  const wild = 'function processData(m) { new Array(2e8).join("x"); return m; }';
  await deploy('Wild', '/wild', wild);
  client = await admin.registerClient();

  const response = await fetch(`${host.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: {
      authorization: basic(client.id, client.secret),
      traceparent: `00-${SENT.traceId}-${SENT.spanId}-01`,
      tracestate: SENT.tracestate,
    },
  });
  token = ((await response.json()) as { access_token: string }).access_token;
  const call = async (path: string, traceId: string, flags: string): Promise<number> => {
    const headers = {
      authorization: `Bearer ${token}`,
      traceparent: `00-${traceId}-${SENT.spanId}-${flags}`,
    };
    const url = `${host.url}/http${path}?q=${QUERY}`;
    const answer = await fetch(url, { method: 'POST', headers, body: PAYLOAD });
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.equal(await call('/hello', SENT.traceId, '01'), 200);
  assert.equal(await call('/hello', UNSAMPLED, '00'), 200);
  assert.equal(await call('/throws', UNSAMPLED, '00'), 500);
  assert.equal(await call('/wild', UNSAMPLED, '00'), 500);
  assert.equal(await call('/nowhere', UNSAMPLED, '00'), 404);
  // One more than are free.
  for (let i = 0; i <= 10; i += 1) {
    await fetch(`${host.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
      method: 'POST',
      headers: { authorization: basic(client.id, 'not-the-secret-of-this-client') },
    });
  }
  const run = await fetch(`${host.url}/admin/functions/rotate-signing-keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"input":""}',
  });
  assert.equal(run.status, 202);
  endedAfterMs = await host.stop();
});

const ofTrace = (traceId: string): CollectedSpan[] =>
  collector.spans().filter((span) => span.traceId === traceId);

function only(spans: readonly CollectedSpan[], name: string): CollectedSpan {
  const found = spans.filter((span) => span.name === name);
  assert.equal(
    found.length,
    1,
    `${name}: ${found.length} of ${spans.map((s) => s.name).join(' ')}`,
  );
  return found[0] as CollectedSpan;
}

test('a token call with traceparent is a span of that trace, with a step for authentication and one for signing', () => {
  const spans = ofTrace(SENT.traceId);
  const call = only(spans, 'token');
  // The host's own span is between the caller's and ours.
  assert.match(call.parentSpanId ?? '', /^[0-9a-f]{16}$/);
  assert.notEqual(call.parentSpanId, SENT.spanId);
  assert.equal(call.traceState, SENT.tracestate);
  const { 'faas.invocation_id': invocationId, ...attributes } = call.attributes;
  assert.match(String(invocationId), /^[0-9a-f-]{36}$/);
  assert.deepEqual(attributes, {
    'faas.name': 'token',
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'flowgate.client_id': client.id,
  });
  for (const name of ['client.authenticate', 'token.sign']) {
    const step = only(spans, name);
    assert.equal(step.parentSpanId, call.spanId, name);
    assert.ok(step.startMs >= call.startMs && step.endMs <= call.endMs, name);
  }
});

test('a dispatch has steps for the gate, the flow and each of its steps, and for the storage that it waits for', () => {
  const spans = ofTrace(SENT.traceId);
  const call = only(spans, 'dispatch');
  const gate = only(spans, 'dispatch.gate');
  const flow = only(spans, 'flow.run');
  assert.equal(gate.parentSpanId, call.spanId);
  assert.equal(flow.parentSpanId, call.spanId);
  assert.equal(call.attributes['flowgate.iflow'], 'Hello');
  assert.equal(call.attributes['flowgate.client_id'], client.id);
  assert.match(String(call.attributes['flowgate.message_guid']), /^[A-Za-z0-9_-]{28}$/);
  assert.equal(flow.attributes['flowgate.message_guid'], call.attributes['flowgate.message_guid']);
  const steps = spans.filter(({ name }) => name === 'flow.step');
  assert.deepEqual(
    steps.map(({ attributes }) => attributes['flowgate.step.type']),
    ['MessageStartEvent', 'Enricher', 'JavaScript', 'MessageEndEvent'],
  );
  for (const step of steps) assert.equal(step.parentSpanId, flow.spanId);
  const reads = spans.filter(({ name }) => name.startsWith('TableClient.'));
  assert.ok(reads.some(({ parentSpanId }) => parentSpanId === gate.spanId));
});

test('a call without traceparent begins a trace of its own', () => {
  const made = collector
    .spans()
    .filter(({ name, traceId }) => name === 'token' && traceId !== SENT.traceId);
  assert.ok(made.length >= 12);
  assert.equal(new Set(made.map(({ traceId }) => traceId)).size, made.length);
  const refused = made.find(({ attributes }) => attributes['http.response.status_code'] === 401);
  assert.equal(refused?.attributes['flowgate.reason'], 'wrong_secret');
  const step = only(ofTrace(refused.traceId), 'client.authenticate');
  assert.equal(step.error, 'wrong_secret');
});

test('a trace that its beginner does not keep is not kept here either', () => {
  assert.deepEqual(ofTrace(UNSAMPLED), []);
});

test('a timer run is a trace', () => {
  const run = collector.spans().filter(({ name }) => name === 'rotate-signing-keys');
  assert.equal(run.length, 1);
  assert.equal(run[0]?.error, undefined);
});

test('the log event of a call names its trace, so that log, trace and message log can be joined', () => {
  const line =
    host
      .log()
      .split('\n')
      .find((text) => text.includes('"iflow":"Hello"')) ?? '';
  const event = JSON.parse(line.slice(line.indexOf('{'))) as Record<string, unknown>;
  assert.equal(event['trace'], SENT.traceId);
  const call = only(ofTrace(SENT.traceId), 'dispatch');
  assert.equal(event['message'], call.attributes['flowgate.message_guid']);
});

test('metrics tell what an operator asks for', () => {
  const sum = (metric: string, attributes: Record<string, unknown> = {}): number =>
    collector
      .points(metric)
      .filter((point) => Object.entries(attributes).every(([k, v]) => point.attributes[k] === v))
      .reduce((total, { value }) => total + value, 0);
  assert.equal(sum('flowgate.instance.starts'), 1);
  assert.equal(sum('flowgate.tokens.issued'), 2);
  assert.equal(sum('flowgate.tokens.refused', { reason: 'wrong_secret' }), 10);
  assert.equal(sum('flowgate.tokens.refused', { reason: 'throttled' }), 1);
  assert.equal(sum('flowgate.sign_ins.throttled'), 1);
  assert.equal(sum('flowgate.messages', { outcome: 'completed' }), 2);
  assert.equal(sum('flowgate.messages', { outcome: 'failed' }), 2);
  assert.equal(sum('flowgate.dispatch.refused', { reason: 'unknown_address' }), 1);
  assert.equal(sum('flowgate.call.duration', { function: 'dispatch' }), 5);
  assert.equal(sum('flowgate.call.duration', { function: 'token', status: 200 }), 2);
  assert.equal(sum('flowgate.script_workers.replaced'), 1);
  assert.ok(
    sum('flowgate.storage.duration', {
      operation: 'TableTransaction.submitTransaction',
      outcome: 'ok',
    }) > 0,
  );
  assert.deepEqual(
    collector
      .points('flowgate.entries.held')
      .map(({ attributes }) => attributes['log'])
      .sort(),
    ['attachments', 'audit', 'messages'],
  );
  const [age] = collector.points('flowgate.signing_key.age');
  assert.ok(age !== undefined && age.value >= 0 && age.value < 0.01);
  assert.ok((collector.points('flowgate.event_loop.delay')[0]?.value ?? -1) >= 0);
});

test('nothing that was exported or logged holds a secret, a token, a payload or a query', () => {
  const exported = collector.received.map(({ body }) => body).join('\n');
  assert.ok(exported.includes(client.id));
  for (const [name, text] of [
    ['exported', exported],
    ['logged', host.log()],
  ] as const) {
    for (const secret of [
      ADMIN.secret,
      client.secret,
      'not-the-secret-of-this-client',
      token,
      token.split('.')[2] ?? '',
      PAYLOAD,
      QUERY,
      'grant_type',
      basic(client.id, client.secret).slice('Basic '.length),
    ]) {
      assert.ok(!text.includes(secret), `${name}: ${secret.slice(0, 12)}…`);
    }
  }
});

test('what is held is exported when the host ends the app', () => {
  assert.ok(endedAfterMs < 5000, `${endedAfterMs} ms`);
  assert.ok(collector.metricNames().size > 0);
});

test('the exporters are loaded after the first answers, not for them; without a setting not at all', async () => {
  const parts = /^(telemetry|sdk|destinations|otlp|application-insights)-[A-Z0-9]{8}\.js$/;
  const loaded = (modules: readonly string[]): string[] =>
    modules.flatMap((name) => parts.exec(name)?.[1] ?? []).sort();
  const storage: TestStorage = await testStorage();
  const off = await startMeasuredHost(storage);
  await fetchToken(off.url, ADMIN.id, ADMIN.secret);
  await off.stop();
  assert.deepEqual(loaded(off.modules()), []);
  const on = await startMeasuredHost(storage, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await fetchToken(on.url, ADMIN.id, ADMIN.secret);
  assert.deepEqual(loaded(on.modules()), ['telemetry']);
  await on.stop();
  assert.deepEqual(loaded(on.modules()), ['destinations', 'otlp', 'sdk', 'telemetry']);
});
