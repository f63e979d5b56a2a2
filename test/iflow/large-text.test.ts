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

test('large texts cross between threads as they are, in the heap of neither, wherever they stand', () => {
  const large = PIECES.join('');
  const bytes = Uint8Array.of(1, 2);
  const parsed = (json: string): unknown => JSON.parse(json);
  const attachment = { body: large, headers: { name: large } };
  for (const [value, packed] of [
    [large, 1],
    ['small', 0],
    [undefined, 0],
    [{ input: { body: large, parts: [{ length: 1 }], settings: { a: 1 } }, name: 'x' }, 1],
    [{ output: 'ÿ'.repeat(LARGE) }, 1],
    [{ output: 'ÿ'.repeat(LARGE - 1) }, 0],
    [{ body: bytes, attachments: [large, null, bytes, 'x', large], meta: null }, 2],
    [{ input: { parameters: { packedText: 'latin1', bytes: 'x' } } }, 0],
    [{ input: { parameters: parsed(`{"__proto__":"x","a":"${'y'.repeat(LARGE)}"}`) } }, 1],
    [{ input: { parameters: parsed(`{"__proto__":"${'y'.repeat(LARGE)}"}`) } }, 1],
    [{ input: { attachments: [['a', attachment]] } }, 2],
    [
      {
        input: {
          inline: {
            ofExchange: [
              ['a', 'x'],
              ['b', large],
            ],
          },
        },
      },
      1,
    ],
  ] as const) {
    const before = structuredClone(value);
    const transfer: ArrayBuffer[] = [];
    const sent = structuredClone(packTexts(value, transfer), { transfer });
    assert.equal(transfer.length, packed);
    assert.ok(transfer.every(({ byteLength }) => byteLength === 0));
    assert.deepEqual(unpackTexts(sent), before);
    assert.deepEqual(value, before, 'it can be sent again');
  }
});
