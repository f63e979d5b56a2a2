import {
  AccountSASPermissions,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, request as forward, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TestStorage } from './azurite.ts';
import { makeLoopbackCertificate } from './certificate.ts';
import { freshFolder } from './folders.ts';

export const CLIENT_ID = '6f1f7f3e-8a4e-4d0e-9b1c-2d5a6c7e8f90';

/** What Azure puts around an app with a managed identity, on this machine. */
export interface AzureIdentity {
  /** The settings of an app in it. */
  readonly env: Readonly<Record<string, string>>;
  /** Kept from everyone but the app: nothing may print them. */
  readonly secrets: readonly string[];
  /** Asked of the identity endpoint, one entry a request. */
  readonly asked: readonly URLSearchParams[];
  /** Calls to storage: how many came with the token, how many without. */
  readonly storage: { accepted: number; refused: number };
  /** Ends the identity endpoint; connections to it are refused from then on. */
  stopEndpoint(): Promise<void>;
}

/**
 * An identity endpoint as App Service has it, and storage behind TLS that takes nothing but a token
 * of that endpoint, where Azurite knows only keys: the token is taken off and a signature put on.
 */
export async function startAzureIdentity(
  t: TestContext,
  storage: TestStorage,
): Promise<AzureIdentity> {
  const header = randomBytes(16).toString('hex');
  const token = randomBytes(24).toString('base64url');
  const asked: URLSearchParams[] = [];
  const endpoint = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    asked.push(searchParams);
    const isRight =
      request.headers['x-identity-header'] === header &&
      searchParams.get('api-version') === '2019-08-01' &&
      searchParams.get('resource') === 'https://storage.azure.com' &&
      searchParams.get('client_id') === CLIENT_ID;
    const body = isRight
      ? {
          access_token: token,
          expires_on: String(Math.floor(Date.now() / 1000) + 86_400),
          resource: 'https://storage.azure.com',
          token_type: 'Bearer',
          client_id: CLIENT_ID,
        }
      : { statusCode: 400, message: `bad request for ${header}` };
    response.writeHead(isRight ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });

  const counts = { accepted: 0, refused: 0 };
  const { key, cert } = makeLoopbackCertificate();
  const account = readAccount(storage.connectionString);
  const inFront = async (service: 'Table' | 'Blob'): Promise<string> => {
    const listener: RequestListener = (request, response) => {
      if (request.headers.authorization !== `Bearer ${token}`) {
        counts.refused += 1;
        response.writeHead(401).end();
        return;
      }
      counts.accepted += 1;
      const url = new URL(request.url ?? '', account.endpoint(service));
      url.search += `${url.search === '' ? '?' : '&'}${account.signature}`;
      const headers = { ...request.headers };
      delete headers.authorization;
      delete headers.host;
      const passedOn = forward(url, { method: request.method ?? 'GET', headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      passedOn.on('error', () => response.destroy());
      request.pipe(passedOn);
    };
    const port = await listen(t, createTlsServer({ key, cert }, listener));
    return `https://127.0.0.1:${port}/${account.name}`;
  };

  const endpointPort = await listen(t, endpoint);
  const authority = join(await freshFolder(t), 'authority.pem');
  await writeFile(authority, cert);
  return {
    env: {
      AzureWebJobsStorage: '',
      FLOWGATE_HOST_STORAGE: storage.connectionString,
      AzureWebJobsStorage__tableServiceUri: await inFront('Table'),
      AzureWebJobsStorage__blobServiceUri: await inFront('Blob'),
      AzureWebJobsStorage__credential: 'managedidentity',
      AzureWebJobsStorage__clientId: CLIENT_ID,
      IDENTITY_ENDPOINT: `http://127.0.0.1:${endpointPort}/msi/token`,
      IDENTITY_HEADER: header,
      NODE_EXTRA_CA_CERTS: authority,
    },
    secrets: [header, token],
    asked,
    storage: counts,
    stopEndpoint: () => close(endpoint),
  };
}

function readAccount(connectionString: string) {
  const part = (name: string): string =>
    new RegExp(`(?:^|;)${name}=([^;]+)`).exec(connectionString)?.[1] ?? '';
  const [name, key] = [part('AccountName'), part('AccountKey')];
  const signature = generateAccountSASQueryParameters(
    {
      services: 'bt',
      resourceTypes: 'sco',
      permissions: AccountSASPermissions.parse('rwdlacup'),
      expiresOn: new Date(Date.now() + 3_600_000),
    },
    new StorageSharedKeyCredential(name, key),
  ).toString();
  return { name, signature, endpoint: (service: string) => part(`${service}Endpoint`) };
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => close(server));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
