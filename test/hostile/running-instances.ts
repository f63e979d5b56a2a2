import assert from 'node:assert/strict';
import { request, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { REFUSE_ON_MS } from '../../shared/cache/stale-cache.ts';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type { StepDescription } from '../../shared/iflow/bundle/bundle-description.ts';
import { testStorage } from '../support/azurite.ts';
import {
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RunningInstances {
  /** Two over the same storage. */
  readonly instances: readonly [Instance, Instance];
  /** Management calls to the first. */
  readonly admin: Management;
  readonly client: { readonly id: string; readonly secret: string };
  /** Of the client, for iFlow calls. */
  readonly token: string;
  /** Deploys a flow of one script on the first instance. */
  deployScript(id: string, source: string): Promise<void>;
  /** A request to `/http…` with the token; the path goes out as it is. */
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** Messages in the log of a flow. */
  messagesOf(flow: string): Promise<Record<string, string>[]>;
  /** Asserts that both instances are well: health, and a flow that has nothing to do with the test. */
  assertWell(): Promise<void>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Default: the first. */
  readonly instance?: Instance;
}

/** Two instances with a client, and the flow `Calm` at `/calm` that answers `calm`. */
export async function runInstances(
  env: Readonly<Record<string, string>> = {},
): Promise<RunningInstances> {
  const storage = await testStorage();
  const instances = await Promise.all([startInstance(storage, env), startInstance(storage, env)]);
  const admin = await manage(instances[0]);
  const client = await admin.registerClient();
  const token = await fetchToken(instances[0].url, client.id, client.secret);

  const deployScript = async (id: string, source: string): Promise<void> => {
    const steps: StepDescription[] = [{ type: 'script', name: 'S', fileName: 's.js', source }];
    const address = `/${id.toLowerCase()}`;
    assert.equal(await admin.deploy(id, buildBundle({ id, name: id, address, steps })), 'SUCCESS');
    // What the other instance has read just before counts for as long.
    await sleep(REFUSE_ON_MS);
  };
  await deployScript('Calm', 'function processData(m) { m.setBody("calm"); return m; }');

  const call = (path: string, options: CallOptions = {}): Promise<Answer> =>
    send((options.instance ?? instances[0]).url, `/http${path}`, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...options.headers },
    });
  return {
    instances,
    admin,
    client,
    token,
    deployScript,
    call,
    async messagesOf(flow) {
      const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${flow}'`);
      const response = await admin.send('GET', `/api/v1/MessageProcessingLogs?$filter=${filter}`);
      assert.equal(response.status, 200, await response.clone().text());
      return ((await response.json()) as { d: { results: Record<string, string>[] } }).d.results;
    },
    async assertWell() {
      for (const instance of instances) {
        const live = await fetch(`${instance.url}/health/live`);
        assert.equal(live.status, 200);
        const answer = await call('/calm', { instance });
        assert.deepEqual([answer.status, answer.text], [200, 'calm']);
      }
    },
  };
}

/** One request by hand: nothing about the path or the headers is put right on the way. */
export async function send(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body }: Omit<CallOptions, 'instance'>,
): Promise<Answer> {
  const { hostname, port, protocol } = new URL(url);
  const open = protocol === 'https:' ? requestTls : request;
  return await new Promise<Answer>((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = open({ hostname, port, path, method, headers: { ...length, ...headers } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.end(body);
  });
}

/** SAP's text of a failed flow, and nothing of what failed. */
export function assertFailedFlow(answer: Answer): void {
  assert.equal(answer.status, 500, answer.text);
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain/);
  const guid = String(answer.headers['sap_messageprocessinglogid']);
  assert.equal(
    answer.text,
    `An internal server error occured: The MPL ID for the failed message is : ${guid}\nFor more details please check tail log.`,
  );
}
