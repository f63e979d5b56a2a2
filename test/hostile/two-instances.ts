import assert from 'node:assert/strict';
import { type Deployment, deployOwn } from '../conformance/deployment.ts';
import { type Management, manage, startInstance } from '../support/instance.ts';
import type { OwnTarget } from '../support/target.ts';

/** One deployment on two instances: what one is told, the other knows. */
export interface TwoInstances extends Deployment, OwnTarget {
  readonly urls: readonly [string, string];
  /** Management calls to the second instance. */
  readonly otherAdmin: Management;
  /** Everything that the registry and the API keep, as the second instance tells it. */
  readonly stored: () => Promise<string>;
  /** A good token request and a good iFlow call work on both instances. */
  readonly works: () => Promise<void>;
  /**
   * Ends both instances, which write all they hold; then the flow has had the messages of
   * {@link TwoInstances.works} and no other.
   */
  readonly assertNoOtherMessage: () => Promise<void>;
}

/** Without a known address nobody is slowed down: here every refusal is to be seen for itself. */
const UNSLOWED = { FLOWGATE_TRUSTED_PROXY_HOPS: '0' };

export async function deployOnTwo(
  more: Readonly<Record<string, string>> = {},
): Promise<TwoInstances> {
  const env = { ...UNSLOWED, ...more };
  const deployment = await deployOwn(env);
  const other = await startInstance(deployment.storage, env);
  const otherAdmin = await manage(other);
  const urls = [deployment.url, other.url] as const;
  const subscription = '/registry/v1/subscriptions/flowgateiflmap';
  const kept = [
    '/registry/v1/clients?limit=200',
    `${subscription}/roles`,
    `${subscription}/roles/ESBMessaging.send/users?limit=200`,
    '/registry/v1/subscriptions/flowgatetmn/roles/AuthGroup.Administrator/users',
    '/registry/v1/keys',
    '/api/v1/IntegrationPackages',
    '/api/v1/IntegrationRuntimeArtifacts',
  ];
  let good = 0;
  return {
    ...deployment,
    urls,
    otherAdmin,
    async stored() {
      const answers = await Promise.all(kept.map((path) => otherAdmin.send('GET', path)));
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      assert.ok(
        answers.every(({ status }) => status === 200),
        texts.join('\n'),
      );
      return texts.join('\n');
    },
    async works() {
      for (const url of urls) {
        const granted = await fetch(`${url}/oauth2/api/v1/token?grant_type=client_credentials`, {
          method: 'POST',
          headers: { authorization: deployment.authorization },
        });
        const { access_token } = (await granted.json()) as { access_token: string };
        const called = await fetch(`${url}/http/hello`, {
          headers: { authorization: `Bearer ${access_token}` },
        });
        assert.deepEqual([granted.status, await called.text()], [200, 'hello']);
        good += 1;
      }
    },
    async assertNoOtherMessage() {
      await Promise.all([deployment.instance.stop(), other.stop()]);
      const third = await startInstance(deployment.storage, env);
      const count = await (await manage(third)).send('GET', '/api/v1/MessageProcessingLogs/$count');
      assert.equal(await count.text(), String(good));
    },
  };
}

/** A refusal says what is wrong in a sentence, and nothing about the program. */
export function assertClear(status: number, text: string, about: string): void {
  assert.ok(status >= 400 && status < 500, `${about}: ${status} ${text.slice(0, 300)}`);
  assert.match(text, /[a-z]{3,} [a-z]+/i, about);
  assert.doesNotMatch(
    text,
    /\n\s+at |node:|\.ts\b|jsonwebtoken|jwt |zod|RestError|undefined/,
    about,
  );
}
