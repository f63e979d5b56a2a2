import assert from 'node:assert/strict';
import { description, faultIn, responseOf } from './description.ts';

/** The body, which is as the description has it for that path, method and status. */
export async function described(
  path: string,
  method: string,
  status: number,
  answer: Response | Promise<Response>,
): Promise<unknown> {
  const response = await answer;
  const text = await response.text();
  assert.equal(response.status, status, text);
  const operation = description.paths[path]?.[method.toLowerCase()];
  const found = operation?.responses[String(status)];
  assert.ok(found !== undefined, `${method} ${path} has an answer ${status}`);
  const { content, headers } = responseOf(found);
  for (const name of Object.keys(headers ?? {})) {
    assert.ok(response.headers.has(name), `${method} ${path} answers ${status} with ${name}`);
  }
  if (content === undefined) {
    assert.equal(text, '');
    return undefined;
  }
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const media = content[type];
  assert.ok(media !== undefined, `${method} ${path} answers ${type}`);
  const body = JSON.parse(text) as unknown;
  assert.equal(faultIn(media, body), undefined, `${method} ${path} ${status}`);
  return body;
}
