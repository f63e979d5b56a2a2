import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  grown,
  GrowingText,
  joinTexts,
  packTexts,
  textOf,
  unpackTexts,
} from '../../shared/iflow/large-text.ts';

const LARGE = 1024 * 1024;
/** Of one byte, of two, a pair of surrogates, a surrogate alone. */
const PIECES = ['a', 'ÿ'.repeat(50), 'ж', '😀', '\uD800', '', 'x'.repeat(LARGE + 1)];

for (const [what, first] of [
  ['only signs of one byte', ['a'.repeat(3 * LARGE), 'ÿ'.repeat(LARGE)]],
  ['signs of two bytes from the start', ['ж', 'a'.repeat(3 * LARGE)]],
  ['signs of two bytes at the end', ['a'.repeat(3 * LARGE), 'ж']],
  ['small pieces', Array.from({ length: 600_000 }, (_, i) => (i === 400_000 ? 'ж' : 'ab'))],
  ['all kinds', [...PIECES, ...PIECES.toReversed()]],
  ['hardly anything', ['a', 'ж', '']],
] as const) {
  test(`a text that grows is the text of its pieces: ${what}`, () => {
    const whole = first.join('');
    const growing = new GrowingText();
    const expected = new GrowingText(whole.length);
    let mostly: string | GrowingText = '';
    for (const piece of first) {
      growing.write(piece);
      expected.write(piece);
      mostly = grown(mostly, piece);
    }
    assert.equal(growing.length, whole.length);
    for (const text of [growing.text(), expected.text(), textOf(mostly), joinTexts(first)]) {
      assert.ok(text === whole);
    }
    assert.ok(growing.text() === whole, 'it can be asked for again');
  });
}

test('large texts cross between threads as they are, wherever they stand; the rest is copied', () => {
  const large = PIECES.join('');
  const bytes = Uint8Array.of(1, 2);
  for (const value of [
    large,
    'small',
    undefined,
    { input: { body: large, parts: [{ length: 1 }], settings: { a: 1 } }, name: 'x' },
    { output: 'ÿ'.repeat(LARGE) },
    { body: bytes, attachments: [large], meta: null },
    { input: { parameters: { packedText: 'latin1', bytes: 'x' } } },
  ]) {
    const transfer: ArrayBuffer[] = [];
    const sent = structuredClone(packTexts(value, transfer), { transfer });
    assert.deepEqual(unpackTexts(sent), value);
    assert.ok(transfer.every(({ byteLength }) => byteLength === 0));
  }
});
