import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { lookupByNameServer, lookupBySystem } from '../../shared/net/lookup.ts';

const TYPE_A = 1;

/** A name server (RFC 1035) that knows these addresses by question type, for any name; counts questions. */
async function serveNames(
  t: TestContext,
  records: Readonly<Record<number, readonly Uint8Array[]>> | 'silent',
): Promise<{ readonly address: string; asked: number }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  const served = { address: `127.0.0.1:${socket.address().port}`, asked: 0 };
  socket.on('message', (question, from) => {
    served.asked += 1;
    if (records === 'silent') return;
    // Section 4.1.2: the name ends with an empty label, then come type and class.
    const end = question.indexOf(0, 12) + 5;
    const type = question.readUInt16BE(end - 4);
    const answers = records[type] ?? [];
    const header = Buffer.from([
      ...question.subarray(0, 2),
      0x81, // an answer, to a question that wants recursion
      answers.length > 0 ? 0x80 : 0x83, // found, or no such name
      ...[0, 1, 0, answers.length, 0, 0, 0, 0],
    ]);
    const lines = answers.map((address) =>
      Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length, ...address]),
    );
    socket.send(
      Buffer.concat([header, question.subarray(12, end), ...lines]),
      from.port,
      from.address,
    );
  });
  return served;
}

test('addresses of both families are found, one is enough', async (t) => {
  const v6 = Buffer.from('20010db8000000000000000000000001', 'hex');
  const both = await serveNames(t, { 1: [Buffer.from([192, 0, 2, 7])], 28: [v6] });
  assert.deepEqual(await lookupByNameServer([both.address])('idp.example'), [
    { address: '192.0.2.7', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ]);
  const old = await serveNames(t, { [TYPE_A]: [Buffer.from([192, 0, 2, 8])] });
  assert.deepEqual(await lookupByNameServer([old.address])('idp.example'), [
    { address: '192.0.2.8', family: 4 },
  ]);
});

test('a name that nobody knows, and a name server that is silent, are given up', async (t) => {
  const empty = await serveNames(t, {});
  await assert.rejects(lookupByNameServer([empty.address])('none.example'));
  const silent = await serveNames(t, 'silent');
  const begun = performance.now();
  await assert.rejects(lookupByNameServer([silent.address])('slow.example'));
  assert.ok(performance.now() - begun < 4000);
  assert.ok(silent.asked > 0);
});

test('names of this machine are found by the system alone', async (t) => {
  const empty = await serveNames(t, {});
  const found = await lookupBySystem('localhost');
  assert.ok(found.some(({ address }) => address === '127.0.0.1' || address === '::1'));
  await assert.rejects(lookupByNameServer([empty.address])('localhost.example'));
});
