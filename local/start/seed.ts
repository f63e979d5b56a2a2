import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from '../file-lock.mjs';
import type { Bootstrap } from './secrets.ts';
import { IFLOW, PACKAGE } from './walk-through.ts';

/**
 * Creates the walk-through's package and iFlow through the API, once for a data folder: whoever
 * deletes them does not get them back.
 *
 * @param bundle the iFlow's zip.
 * @returns false when the administrator's credentials were refused, and nothing was created.
 * @throws {Error} for any other answer of the API.
 */
export async function seedOnce(
  data: string,
  url: string,
  bootstrap: Bootstrap,
  bundle: () => Promise<Uint8Array>,
): Promise<boolean> {
  const marker = join(data, 'walk-through.created');
  if (existsSync(marker)) return true;
  return withFileLock(join(data, '.walk-through.lock'), async () => {
    if (existsSync(marker)) return true;
    const token = await fetchToken(url, bootstrap);
    if (token === undefined) return false;
    await create(`${url}/api/v1/IntegrationPackages`, token, {
      ...PACKAGE,
      ShortText: 'The first package: deploy its iFlow and call it',
      Version: '1.0.0',
    });
    await create(`${url}/api/v1/IntegrationDesigntimeArtifacts`, token, {
      ...IFLOW,
      PackageId: PACKAGE.Id,
      ArtifactContent: Buffer.from(await bundle()).toString('base64'),
    });
    await writeFile(marker, '', { mode: 0o600 });
    return true;
  });
}

async function fetchToken(url: string, bootstrap: Bootstrap): Promise<string | undefined> {
  const form = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  const credentials = `${form(bootstrap.clientId)}:${form(bootstrap.clientSecret)}`;
  const response = await fetch(`${url}/oauth2/api/v1/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const answer = await response.text();
  if (response.status === 401) return undefined;
  if (!response.ok) throw new Error(`The token endpoint answered ${response.status}.`);
  return (JSON.parse(answer) as { access_token: string }).access_token;
}

async function create(url: string, token: string, entity: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify(entity),
  });
  const answer = await response.text();
  // 409: an earlier start was killed before it could write down that it had created it.
  if (response.ok || response.status === 409) return;
  throw new Error(`${url} answered ${response.status}: ${answer.slice(0, 300)}`);
}
