import { once } from '../../shared/cache/once.ts';
import type { Context } from '../context.ts';
import {
  type BenchClient,
  type Deployment,
  flowgateTokenHead,
  HEADER_STEP,
  messageHead,
  MODIFIER_STEP,
  openDeployment,
  TOKEN_BODY,
} from '../deployment.ts';
import type { Contender } from '../measure/contest.ts';
import { requestHead } from '../measure/load.ts';
import type { LoadRow, LoadTable, Results } from '../report/results.ts';

type Plan = Awaited<ReturnType<Contender['start']>>['plan'];

/** How cost grows with what there is: each row is an instance (or several) of a storage of its own. */
export async function measureGrowth(context: Context): Promise<Results> {
  const tables: LoadTable[] = [];
  for (const make of [byClients, byFlows, byBody, byInstances])
    tables.push(...(await make(context)));
  return { growth: { tables, run: context.describe() } };
}

async function byClients(context: Context): Promise<LoadTable[]> {
  const sizes = context.options.quick ? [10, 100] : [10, 1000, 100_000];
  // Azurite reads a row, and looks for roles, by going through the table's rows, which Azure does not:
  // more senders, or assignments of everybody, would keep it so busy that it is Azurite that is measured.
  const senders = context.options.quick ? 50 : 100;
  const contenders: Contender[] = [];
  for (const size of sizes) {
    const known = Math.min(size, senders);
    const add = (senders: number, work: string, plan: (given: Filled) => Plan | Promise<Plan>) => {
      const from = senders === 1 ? 'one of them' : `${count(senders)} of them`;
      contenders.push({
        name: `${count(size)} clients, ${work} for ${from}`,
        role: 'flowgate',
        series: `${work} for ${from}`,
        start: async () => {
          const { deployment, clients } = await filled();
          const asking = { deployment, clients: clients.slice(0, senders) };
          return {
            servers: [await context.startFlowgate(deployment)],
            plan: await plan(asking),
          };
        },
      });
    };
    const filled = once(() => fill(context, size, known));
    for (const senders of known === 1 ? [1] : [1, known]) {
      add(senders, 'tokens', ({ clients }) => ({
        heads: clients.map(flowgateTokenHead),
        body: TOKEN_BODY,
      }));
      add(senders, 'messages', async ({ deployment, clients }) => ({
        heads: await messageHeads(deployment, clients),
        body: '',
      }));
    }
  }
  const rows = await context.contest(contenders);
  return byWork(rows, {
    id: 'growth-clients',
    title: 'Clients',
    note: `Requests come from one client, and in turn from up to ${count(senders)}. Messages run the content modifier flow with tokens seen before. An instance reads each client and its roles again every 10 s while they are in use.`,
  });
}

/** A table of tokens and one of messages: their ratios are to rows of the same work. */
function byWork(rows: readonly LoadRow[], about: Omit<LoadTable, 'rows'>): LoadTable[] {
  return ['tokens', 'messages'].map((work, i) => ({
    id: `${about.id}-${work}`,
    title: `${about.title}: ${work}`,
    note: i === 0 ? about.note : '',
    rows: rows.filter(({ name }) => name.includes(work)),
  }));
}

interface Filled {
  readonly deployment: Deployment;
  readonly clients: readonly BenchClient[];
}

async function fill(context: Context, size: number, known: number): Promise<Filled> {
  const deployment = await openDeployment(await context.storage());
  const clients = await deployment.addClients(size, known);
  await deployment.deploy({ modifier: [MODIFIER_STEP] });
  return { deployment, clients };
}

async function messageHeads(
  deployment: Deployment,
  clients: readonly BenchClient[],
  flow = 'modifier',
): Promise<string[]> {
  const heads: string[] = [];
  for (const { client } of clients) {
    for (const token of await deployment.makeTokens(client, 1))
      heads.push(messageHead(flow, token));
  }
  return heads;
}

async function byFlows(context: Context): Promise<LoadTable[]> {
  const sizes = context.options.quick ? [1, 10] : [1, 100, 1000];
  const contenders = sizes.flatMap((size) =>
    (size === 1 ? [1] : [1, size]).map((called): Contender => ({
      name: `${count(size)} deployed ${size === 1 ? 'iFlow' : 'iFlows'}, messages to ${called === 1 ? 'one' : 'all'} of them`,
      role: 'flowgate',
      series: called === 1 ? 'messages to one iFlow' : 'messages to all iFlows',
      start: async () => {
        const { deployment, clients } = await fill(context, 1, 1);
        const names = Array.from({ length: size }, (_, i) => `flow${i}`);
        await deployment.deploy(Object.fromEntries(names.map((name) => [name, [MODIFIER_STEP]])));
        const heads: string[] = [];
        for (const name of names.slice(0, called)) {
          heads.push(...(await messageHeads(deployment, clients, name)));
        }
        return { servers: [await context.startFlowgate(deployment)], plan: { heads, body: '' } };
      },
    })),
  );
  return [
    {
      id: 'growth-flows',
      title: 'Deployed iFlows',
      note: 'Each a content modifier flow with an address of its own.',
      rows: await context.contest(contenders),
    },
  ];
}

async function byBody(context: Context): Promise<LoadTable[]> {
  const sizes: readonly (readonly [string, number])[] = [
    ['1 KB', 1000],
    ['100 KB', 100_000],
    ['1 MB', 1_000_000],
    ['10 MB', 10_000_000],
  ];
  const contenders = sizes.map(([name, bytes]): Contender => ({
    name: `body of ${name} there and back`,
    role: 'flowgate',
    // As many large bodies as small ones at once would measure memory, not work.
    ...(bytes < 1_000_000 ? {} : { connections: 2 }),
    start: async () => {
      const { deployment, clients } = await fill(context, 1, 1);
      await deployment.deploy({ header: [HEADER_STEP] });
      const [one] = clients;
      const [token = ''] = one === undefined ? [] : await deployment.makeTokens(one.client, 1);
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'text/plain' };
      return {
        servers: [await context.startFlowgate(deployment)],
        plan: {
          heads: [requestHead('POST', '/http/header', headers, bytes)],
          body: 'x'.repeat(bytes),
        },
      };
    },
  }));
  return [
    {
      id: 'growth-body',
      title: 'Size of the message',
      note: 'Through a content modifier that sets a header and leaves the body; two connections from 1 MB on.',
      rows: await context.contest(contenders),
    },
  ];
}

async function byInstances(context: Context): Promise<LoadTable[]> {
  const sizes = context.options.quick ? [1, 2] : [1, 2, 4];
  const contenders = sizes.flatMap((size) =>
    (['tokens', 'messages'] as const).map((work): Contender => ({
      name: `${size} ${size === 1 ? 'instance' : 'instances'}, ${work}`,
      role: 'flowgate',
      start: async () => {
        const { deployment, clients } = await fill(context, 10, 10);
        const started = Array.from({ length: size }, () =>
          context.startFlowgate(deployment, { core: 'any' }),
        );
        const plan =
          work === 'tokens'
            ? { heads: clients.map(flowgateTokenHead), body: TOKEN_BODY }
            : { heads: await messageHeads(deployment, clients), body: '' };
        return { servers: await Promise.all(started), plan };
      },
    })),
  );
  const { cores } = context.bench.machine;
  const rows = await context.contest(contenders);
  return byWork(rows, {
    id: 'growth-instances',
    title: 'Instances on one storage',
    note: `Instances run on any of the ${cores} cores, beside the load generator and the storage, so requests per second can grow only as far as these cores go. What the table can show is whether a request costs more CPU when there are more instances, and that they do not wait for each other.`,
  });
}

const count = (number: number): string => number.toLocaleString('en-US');
