import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { inflate, readZip } from '../../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, storeEntry, writeZip } from '../../../shared/iflow/bundle/zip.ts';
import { type Body, bodyBytes, MAX_BODY_SIZE } from '../../../shared/iflow/exchange.ts';
import { exchangeOf } from '../running.ts';
import { faultsOf, runStep } from './one-step.ts';

const bytes = (body: Body): Buffer => Buffer.from(bodyBytes(body));

test('Base64 Encode writes one line (RFC 4648 section 4), as SAP Help shows it', async () => {
  const text = '<message>\r\n\tInput for encoder\r\n</message>\r\n';
  const { body } = await runStep('Base64 Encode', {}, exchangeOf(text));
  assert.equal(body, 'PG1lc3NhZ2U+DQoJSW5wdXQgZm9yIGVuY29kZXINCjwvbWVzc2FnZT4NCg==');
  const long = await runStep('Base64 Encode', {}, exchangeOf(Buffer.alloc(1000, 0xff)));
  assert.equal(long.body, Buffer.alloc(1000, 0xff).toString('base64'));
});

test('Base64 Decode reads both alphabets, with line ends, with and without padding', async () => {
  const plain = Buffer.from([0xfb, 0xff, 0xfe, 0x00]);
  for (const written of ['+//+AA==', '-__-AA', '+//\r\n+AA==\r\n', ' + / / + A A = = ']) {
    const { body } = await runStep('Base64 Decode', {}, exchangeOf(written));
    assert.deepEqual(bytes(body), plain);
  }
  assert.equal((await runStep('Base64 Decode', {}, exchangeOf(''))).body.length, 0);
});

test('Base64 Decode fails on what is no Base64, and the body stays', async () => {
  for (const written of ['<a/>', 'abc=d', 'A', 'AAAAA', 'AA===']) {
    const exchange = exchangeOf(written);
    await assert.rejects(runStep('Base64 Decode', {}, exchange), /is not Base64/);
    assert.equal(exchange.body, written);
  }
});

test('GZIP Compress and Decompress (RFC 1952)', async () => {
  const packed = await runStep('GZIP Compress', {}, exchangeOf('äöü'));
  assert.equal(gunzipSync(bodyBytes(packed.body)).toString(), 'äöü');
  await runStep('GZIP Decompress', {}, packed);
  assert.equal(bytes(packed.body).toString(), 'äöü');
  const members = Buffer.concat([gzipSync('a'), gzipSync('b')]);
  assert.equal(
    bytes((await runStep('GZIP Decompress', {}, exchangeOf(members))).body).toString(),
    'ab',
  );
});

test('GZIP Decompress fails on what is no GZIP, and on what is cut off', async () => {
  for (const body of ['', 'text', gzipSync('abc').subarray(0, 12)]) {
    const exchange = exchangeOf(body);
    await assert.rejects(
      runStep('GZIP Decompress', {}, exchange),
      /is not GZIP data, or is damaged/,
    );
    assert.equal(exchange.body, body);
  }
});

test('GZIP Decompress stops at the largest body, whatever would follow', async () => {
  const zeros = gzipSync(Buffer.alloc(16 * 1024 * 1024));
  const bomb = Buffer.concat(Array.from({ length: 64 }, () => zeros));
  const exchange = exchangeOf(bomb);
  await assert.rejects(
    runStep('GZIP Decompress', {}, exchange),
    new RegExp(`unpacks to more than ${MAX_BODY_SIZE} bytes`),
  );
  assert.equal(exchange.body, bomb);
});

test('ZIP Compress packs one file, named by CamelFileName, which then names the zip', async () => {
  for (const [given, fileName] of [
    ['a.xml', 'a.xml'],
    ['/folder/sub/ä.xml', 'ä.xml'],
    ['C:\\folder\\a.xml', 'a.xml'],
    ['a:b\n.xml', 'a_b_.xml'],
  ] as const) {
    const exchange = exchangeOf('content', { CamelFileName: given });
    await runStep('ZIP Compress', {}, exchange);
    assert.equal(exchange.headers.get('CamelFileName'), `${fileName}.zip`);
    const [entry, ...others] = readZip(bodyBytes(exchange.body)).values();
    assert.ok(entry);
    assert.equal(others.length, 0);
    assert.equal(entry.name, fileName);
    assert.equal(Buffer.from(inflate(entry)).toString(), 'content');
  }
});

test('ZIP Compress makes a name where there is none that a file could have', async () => {
  for (const given of [null, '', '..', 'a/']) {
    const exchange = exchangeOf('content', { CamelFileName: given });
    await runStep('ZIP Compress', {}, exchange);
    const [entry] = readZip(bodyBytes(exchange.body)).values();
    assert.match(entry?.name ?? '', /^[0-9a-f]{32}$/);
  }
});

test('ZIP Decompress takes the only file, folders beside it', async () => {
  const zip = writeZip([deflateEntry('f/', ''), deflateEntry('f/a.xml', '<a/>')]);
  const exchange = await runStep('ZIP Decompress', {}, exchangeOf(zip));
  assert.equal(bytes(exchange.body).toString(), '<a/>');
  assert.equal(exchange.headers.get('CamelFileName'), 'f/a.xml');
});

test('ZIP Decompress takes a zip as large as a body may be, not only as a bundle may', async () => {
  const content = Buffer.alloc(41 * 1024 * 1024);
  const exchange = await runStep(
    'ZIP Decompress',
    {},
    exchangeOf(writeZip([storeEntry('a', content)])),
  );
  assert.equal(exchange.body.length, content.length);
});

/** A zip whose file is packed as told, whatever its content is. */
function zipOf(packed: Buffer, said: { size: number; crc: number; name?: string }): Uint8Array {
  return writeZip([{ name: 'a', method: 8, modified: 0, packed, ...said }]);
}

test('ZIP Decompress fails on a zip of no file, of two, or with a name that leads elsewhere', async () => {
  for (const [zip, message] of [
    [writeZip([]), /a zip of 0 files/],
    [writeZip([deflateEntry('a', ''), deflateEntry('b', '')]), /a zip of 2 files/],
    [writeZip([deflateEntry('../a', '')]), /its file must have a plain name/],
    ['text', /cannot be read as a zip/],
    ['', /cannot be read as a zip/],
  ] as const) {
    const exchange = exchangeOf(zip);
    await assert.rejects(runStep('ZIP Decompress', {}, exchange), message);
    assert.equal(exchange.body, zip);
    assert.equal(exchange.headers.size, 0);
  }
});

test('ZIP Decompress unpacks no more than the zip says, and no more than a body may hold', async () => {
  const zeros = Buffer.alloc(16 * 1024 * 1024);
  const packed = deflateRawSync(zeros);
  for (const [zip, message] of [
    [zipOf(packed, { size: MAX_BODY_SIZE + 1, crc: 0 }), /unpacks to more than/],
    [zipOf(packed, { size: 10, crc: crc32(zeros) }), /cannot be read as a zip/],
    [zipOf(packed, { size: zeros.length, crc: 1 }), /cannot be read as a zip/],
    [zipOf(randomBytes(100), { size: 100, crc: 1 }), /cannot be read as a zip/],
  ] as const) {
    await assert.rejects(runStep('ZIP Decompress', {}, exchangeOf(zip)), message);
  }
});

test('the step types Encoder and Decoder of old exports do what encoderType says', async () => {
  const encoded = await runStep('Encoder', { encoderType: 'Base64 Encode' }, exchangeOf('a'));
  assert.equal(encoded.body, 'YQ==');
  await runStep('Decoder', { encoderType: 'Base64 Decode' }, encoded);
  assert.equal(bytes(encoded.body).toString(), 'a');
  const settings = { encoderType: 'MIME Multipart Message Encode', MultipartSubtype: 'a b' };
  assert.match(faultsOf('Encoder', settings)[0]?.text ?? '', /subtype "a b"/);
  for (const encoderType of ['PGP Encrypt', 'constructor', '']) {
    const [fault] = faultsOf('Encoder', { encoderType });
    assert.equal(fault?.kind, 'missing');
    assert.equal(fault.capability, `step Encoder with ${JSON.stringify(encoderType)}`);
  }
});
