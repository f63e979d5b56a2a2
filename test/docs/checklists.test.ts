import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasTest } from '../support/test-names.ts';

const root = join(import.meta.dirname, '..', '..');

/** Documents of one line for each requirement, and how many there are at least. */
const CHECKLISTS: Readonly<Record<string, number>> = {
  'docs/security-rfc9700.md': 40,
  'docs/security-rfc8725.md': 15,
  'docs/fapi2-client-credentials.md': 20,
};
/** What stands in the place of a test: the line says why. */
const WITHOUT_TEST = ['not met', 'operator', 'client', 'does not apply'];

interface Line {
  readonly section: string;
  readonly how: string;
  readonly shown: string;
}

function linesOf(document: string): readonly Line[] {
  return readFileSync(join(root, document), 'utf8')
    .split('\n')
    .filter((line) => /^\| [\d.]/.test(line))
    .map((line) => {
      const [section = '', , how = '', shown = ''] = line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim().replaceAll('\\_', '_').replaceAll('\\*', '*'));
      return { section, how, shown };
    });
}

for (const [document, least] of Object.entries(CHECKLISTS)) {
  test(`each line of ${document} names a test that exists, or says why there is none`, () => {
    const lines = linesOf(document);
    assert.ok(lines.length >= least, `${lines.length} lines`);
    for (const { section, how, shown } of lines) {
      assert.notEqual(how, '', section);
      if (WITHOUT_TEST.includes(shown)) continue;
      const named = shown.split(/<br>/);
      for (const one of named) {
        const [, file = '', name = ''] = /^`(test\/[^`]+)`: (.+)$/s.exec(one.trim()) ?? [];
        assert.ok(existsSync(join(root, file)) && file !== '', `${section}: ${one}`);
        assert.ok(hasTest(file, name), `${section}: ${file} has no test "${name}"`);
      }
    }
  });
}

test('a name that no test has is told from one that some test has', () => {
  const file = 'test/jwt/verify-claims.test.ts';
  assert.ok(hasTest(file, 'refuses the issuer https://other.example'));
  for (const name of ['refuses the issuer https://nobody.example', 'refuses the', 'no such test']) {
    assert.equal(hasTest(file, name), false, name);
  }
});
