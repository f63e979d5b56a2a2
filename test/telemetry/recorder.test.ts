import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { openTelemetry, type Sdk } from '../../shared/telemetry/recorder.ts';

function fakeSdk() {
  const told: unknown[] = [];
  const sdk: Sdk = {
    span: ({ name }) => void told.push(['span', name]),
    count: (name, by) => void told.push(['count', name, by]),
    record: (name, value) => void told.push(['record', name, value]),
    observe: ([name]) => void told.push(['observe', name]),
    shutDown: () => Promise.resolve(void told.push(['shutDown'])),
  };
  return { sdk, told };
}

test('what is told before the libraries are there reaches them, in its order', async () => {
  const { sdk, told } = fakeSdk();
  let loads = 0;
  const telemetry = openTelemetry({
    samplingRatio: 1,
    randomBytes,
    startSdk: () => {
      loads += 1;
      return Promise.resolve(sdk);
    },
    onError: () => assert.fail(),
  });
  telemetry.count('flowgate.instance.starts');
  telemetry.observe('flowgate.entries.held', () => Promise.resolve(0), { log: 'audit' });
  telemetry.startCall('token', undefined, Date.now()).end({ attributes: {}, error: undefined });
  telemetry.record('flowgate.call.duration', 12);
  assert.deepEqual([loads, told], [0, []]);
  await telemetry.shutDown();
  assert.deepEqual(told, [
    ['count', 'flowgate.instance.starts', 1],
    ['observe', 'flowgate.entries.held'],
    ['span', 'token'],
    ['record', 'flowgate.call.duration', 12],
    ['shutDown'],
  ]);
  assert.equal(loads, 1);
});

test('what is held before the libraries are there is bounded', async () => {
  const { sdk, told } = fakeSdk();
  const startSdk = (): Promise<Sdk> => Promise.resolve(sdk);
  const onError = (): void => assert.fail();
  const telemetry = openTelemetry({ samplingRatio: 1, randomBytes, startSdk, onError });
  for (let i = 0; i < 10_000; i += 1) telemetry.count('flowgate.tokens.issued');
  await telemetry.shutDown();
  assert.equal(told.length, 4096 + 1);
});

test('libraries that do not come up are told of once, and nothing else fails', async () => {
  const problems: string[] = [];
  const telemetry = openTelemetry({
    samplingRatio: 1,
    randomBytes,
    startSdk: () => Promise.reject(new Error('no such module')),
    onError: (problem) => problems.push(problem),
  });
  await telemetry.shutDown();
  telemetry.count('flowgate.tokens.issued');
  telemetry.startCall('token', undefined, Date.now()).end({ attributes: {}, error: undefined });
  await telemetry.shutDown();
  assert.deepEqual(problems, ['Telemetry could not be started']);
});
