import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCookie } from '../../shared/http/cookies.ts';

const SESSION = '__Host-flowgate-session';
const read = (cookie: string | undefined, name = SESSION): string | undefined =>
  readCookie(new Headers(cookie === undefined ? {} : { cookie }), name);

test('a cookie is found among others by its whole name, with the value that it has (RFC 6265 section 5.4)', () => {
  for (const [sent, value] of [
    [`${SESSION}=abc`, 'abc'],
    [`x=1; ${SESSION}=abc; y=2`, 'abc'],
    [`x=1;${SESSION}=abc`, 'abc'],
    [`${SESSION}=a=b,c`, 'a=b,c'],
    [`${SESSION}=`, ''],
    [`${SESSION}=first; ${SESSION}=second`, 'first'],
    [`y${SESSION}=abc`, undefined],
    [`${SESSION}y=abc`, undefined],
    [SESSION, undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    assert.equal(read(sent), value, sent);
  }
});

test('what another cookie’s value looks like is never believed: a semicolon alone ends a pair', () => {
  for (const planted of [
    `x=1,${SESSION}=stolen`,
    `x=1, ${SESSION}=stolen`,
    `x=1&${SESSION}=stolen`,
    `x=1 ${SESSION}=stolen`,
    `x="1\t${SESSION}=stolen"`,
  ]) {
    assert.equal(read(planted), undefined, planted);
    assert.equal(read(`${planted}; ${SESSION}=mine`), 'mine', planted);
  }
});
