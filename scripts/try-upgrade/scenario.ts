import assert from 'node:assert/strict';
import type { TestStorage } from '../../test/support/azurite.ts';
import type { Credentials } from '../../test/support/instance.ts';
import type { Trial } from './table.ts';
import { bundleOf, startVersion, type Version, within30Seconds } from './version.ts';

const CLIENTS = '/registry/v1/clients';
const ROLES = '/registry/v1/subscriptions/flowgateiflmap/roles';
const LOGS = '/api/v1/MessageProcessingLogs';
const CHOSEN: Credentials = { id: 'chosen', secret: 'a secret that a person chose' };

interface Names {
  readonly older: string;
  readonly newer: string;
}

/**
 * One deployment's way from an older version to a newer and back: the older alone, both at once
 * (a rolling update), the newer alone, the older alone again (rolled back), the newer again.
 * @param folders checkouts, built.
 */
export async function tryBoth(trial: Trial, storage: TestStorage, folders: Names): Promise<void> {
  const keysOf = async ({ instance }: Version): Promise<readonly string[]> => {
    const jwks = await fetch(`${instance.url}/oauth2/api/v1/jwks`);
    return ((await jwks.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid).sort();
  };
  const guidsOf = async (version: Version): Promise<readonly string[]> => {
    const { d } = (await version.read(LOGS)) as { d: { results: { MessageGuid: string }[] } };
    return d.results.map(({ MessageGuid }) => MessageGuid).sort();
  };
  /** What the second tells of it is what the first does, whatever it tells besides. */
  const assertToldAlike = async (first: Version, second: Version, path: string): Promise<void> => {
    const [told, alike] = [await first.read(path), await second.read(path)];
    assert.partialDeepStrictEqual(alike, told);
  };

  trial.begin('The older version alone');
  let older = await startVersion(storage, folders.older);
  const first = await older.admin.registerClient();
  await older.change('POST', CLIENTS, {
    client_id: CHOSEN.id,
    client_secret: CHOSEN.secret,
    description: 'made by the older version',
    scope: 'read write',
    allowed_origins: ['https://app.example'],
  });
  await older.change('PUT', `${ROLES}/ESBMessaging.send/users/oauth_client_${CHOSEN.id}`);
  await trial.check('makes a custom role and an assignment', async () => {
    await older.change('PUT', `${ROLES}/Orders.send`, { description: 'Orders' });
    await older.change('PUT', `${ROLES}/Orders.send/users/oauth_client_${first.id}`);
  });
  await older.deploy('byolder', 'from the older');
  const oldToken = await older.token(first);
  await trial.check('its iFlow answers', async () => {
    assert.equal(await older.call('byolder', oldToken), '200 from the older');
  });

  trial.begin('Both at the same time');
  let newer = await startVersion(storage, folders.newer);
  const newToken = await newer.token(first);
  await trial.check('the newer accepts a token of the older, and runs its iFlow', async () => {
    assert.equal(await newer.call('byolder', oldToken), '200 from the older');
  });
  await trial.check('the older accepts a token of the newer', async () => {
    assert.equal(await older.call('byolder', newToken), '200 from the older');
  });
  await trial.check('secrets of both kinds sign in at the newer', async () => {
    await newer.token(CHOSEN);
    await newer.token(first);
  });
  await trial.check(
    'the newer tells of clients, roles and packages what the older does',
    async () => {
      for (const client of [first.id, CHOSEN.id]) {
        await assertToldAlike(older, newer, `${CLIENTS}/${client}`);
      }
      await assertToldAlike(older, newer, `${ROLES}/Orders.send`);
      await assertToldAlike(older, newer, `${ROLES}/Orders.send/users`);
      await assertToldAlike(older, newer, "/api/v1/IntegrationPackages('TestPackage')");
    },
  );
  await trial.check(
    'the newer changes a client of the older; the older reads the change',
    async () => {
      await newer.change('PATCH', `${CLIENTS}/${CHOSEN.id}`, {
        description: 'changed by the newer',
      });
      const read = (await older.read(`${CLIENTS}/${CHOSEN.id}`)) as Record<string, unknown>;
      assert.deepEqual(
        [read['description'], read['scope'], read['allowed_origins']],
        ['changed by the newer', 'read write', ['https://app.example']],
      );
    },
  );
  const second = await newer.admin.registerClient();
  await trial.check('a client that the newer registers works at the older at once', async () => {
    assert.equal(await older.call('byolder', await older.token(second)), '200 from the older');
  });
  await trial.check(
    'the older changes a client of the newer, and nothing of it is lost',
    async () => {
      const path = `${CLIENTS}/${second.id}`;
      const before = (await newer.read(path)) as Record<string, unknown>;
      await older.change('PATCH', path, { description: 'changed by the older' });
      const after = (await newer.read(path)) as Record<string, unknown>;
      const { updated_at } = after;
      assert.deepEqual(after, { ...before, description: 'changed by the older', updated_at });
      await newer.token(second);
    },
  );
  await newer.deploy('bynewer', 'from the newer');
  await trial.check('the older serves an iFlow that the newer has deployed', async () => {
    await within30Seconds(async () => {
      assert.equal(await older.call('bynewer', oldToken), '200 from the newer');
    });
  });
  await trial.check(
    'the newer changes an iFlow of the older; the older serves the change',
    async () => {
      await newer.change(
        'PUT',
        "/api/v1/IntegrationDesigntimeArtifacts(Id='byolder',Version='active')",
        {
          Name: 'byolder',
          ArtifactContent: Buffer.from(bundleOf('byolder', 'changed')).toString('base64'),
        },
      );
      const deploy = "/api/v1/DeployIntegrationDesigntimeArtifact?Id='byolder'&Version='active'";
      assert.equal((await newer.admin.send('POST', deploy)).status, 202);
      await within30Seconds(async () => {
        assert.equal(await older.call('byolder', oldToken), '200 changed');
      });
    },
  );
  await trial.check('the log of each holds the messages of the other', async () => {
    await within30Seconds(async () => {
      const [atOlder, atNewer] = [await guidsOf(older), await guidsOf(newer)];
      assert.ok(atOlder.length >= 5);
      assert.deepEqual(atNewer, atOlder);
    });
  });
  await trial.check('the audit trail of each holds the changes of the other', async () => {
    for (const version of [older, newer]) {
      const trail = JSON.stringify(await version.read('/registry/v1/audit?limit=200'));
      for (const name of [first.id, second.id, 'byolder', 'bynewer']) {
        assert.ok(trail.includes(`"${name}"`), name);
      }
    }
  });
  await trial.check('a client that the newer disables is refused by the older', async () => {
    const path = `${CLIENTS}/${second.id}`;
    const token = await older.token(second);
    await newer.change('PATCH', path, { enabled: false });
    await within30Seconds(async () => {
      assert.match(await older.call('byolder', token), /^401 .*client_disabled/);
    });
    await newer.change('PATCH', path, { enabled: true });
  });
  await trial.check('the newer makes the next signing key', async () => {
    assert.equal((await newer.admin.send('POST', '/registry/v1/keys')).status, 201);
    assert.equal((await keysOf(newer)).length, 2);
  });

  trial.begin('The newer version alone');
  await older.instance.stop();
  await trial.check('tokens, secrets and iFlows of before go on', async () => {
    assert.equal(await newer.call('byolder', oldToken), '200 changed');
    assert.equal(await newer.call('bynewer', await newer.token(CHOSEN)), '200 from the newer');
  });
  const keys = await keysOf(newer);
  const guids = await guidsOf(newer);
  await newer.instance.stop();

  trial.begin('Rolled back: the older version alone again');
  older = await startVersion(storage, folders.older);
  await trial.check('it publishes the key that the newer has made', async () => {
    assert.deepEqual(await keysOf(older), keys);
  });
  await trial.check('tokens of both, secrets and iFlows of both go on', async () => {
    assert.equal(await older.call('byolder', oldToken), '200 changed');
    assert.equal(await older.call('bynewer', newToken), '200 from the newer');
    for (const client of [first, second, CHOSEN]) {
      assert.equal(await older.call('bynewer', await older.token(client)), '200 from the newer');
    }
  });
  await trial.check('no message is missing from the log', async () => {
    const there = await guidsOf(older);
    assert.deepEqual(
      guids.filter((guid) => !there.includes(guid)),
      [],
    );
  });
  await trial.check('it changes what the newer has written: client, role, iFlow', async () => {
    await older.change('PATCH', `${CLIENTS}/${second.id}`, { client_name: 'After the roll-back' });
    await older.change('DELETE', `${ROLES}/Orders.send`);
    const deploy = "/api/v1/DeployIntegrationDesigntimeArtifact?Id='bynewer'&Version='active'";
    assert.equal((await older.admin.send('POST', deploy)).status, 202);
    assert.equal(await older.call('bynewer', newToken), '200 from the newer');
  });
  await older.instance.stop();

  trial.begin('The newer version once more');
  newer = await startVersion(storage, folders.newer);
  await trial.check('it goes on from there', async () => {
    assert.deepEqual(await keysOf(newer), keys);
    const read = (await newer.read(`${CLIENTS}/${second.id}`)) as Record<string, unknown>;
    assert.equal(read['client_name'], 'After the roll-back');
    assert.equal(await newer.call('byolder', await newer.token(first)), '200 changed');
    assert.equal(await newer.call('bynewer', oldToken), '200 from the newer');
  });
  await newer.instance.stop();
}
