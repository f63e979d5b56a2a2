import type { LoadRow, Results, Run } from '../../bench/report/results.ts';

const run: Run = {
  when: '2026-11-25T10:00:00.000Z',
  machine: { node: 'v24.21.0', cpu: 'Some CPU', cores: 2, isolation: ['server on core 0'] },
  how: '16 connections',
};

const row = (name: string, role: LoadRow['role'], cpu: number, series?: string): LoadRow => ({
  name,
  role,
  ...(series === undefined ? {} : { series }),
  cpu,
  cpuLow: cpu - 5,
  cpuHigh: cpu + 5,
  rate: 1000,
  p50Ms: 1,
  p99Ms: 2,
  idleRssMb: 80,
  rssMb: 140,
});

/** Every section, with figures that meet all goals but that of the script flow. */
export function someResults(): Required<Results> {
  return {
    token: {
      run,
      tables: [
        {
          id: 'token-es256',
          title: 'A token',
          note: '',
          rows: [
            row('bare node:http, jsonwebtoken ES256', 'floor', 200),
            row('express', 'peer', 450),
            row('Flowgate, token ES256', 'flowgate', 400),
          ],
        },
      ],
    },
    dispatch: {
      run,
      tables: [
        {
          id: 'dispatch',
          title: 'A message <with> a token',
          note: 'A note.',
          rows: [
            row('Flowgate, content modifier flow, token seen before', 'flowgate', 300),
            row('Flowgate, JavaScript flow, token seen before', 'flowgate', 500),
          ],
        },
      ],
    },
    flows: {
      run,
      tables: [
        {
          id: 'flows-splitter',
          title: 'A splitter',
          note: '',
          rows: [
            row('bare node:http, a body there and one back', 'floor', 100),
            row('Node-RED, no token checked', 'peer', 900_000),
            row('Flowgate, numbered', 'flowgate', 90_000),
          ],
        },
      ],
    },
    proofs: {
      run,
      tables: [
        {
          id: 'introspection',
          title: 'Introspection',
          note: '',
          rows: [
            row('bare node:http, jsonwebtoken.verify ES256', 'floor', 100),
            row('Flowgate, introspection', 'flowgate', 150),
          ],
        },
      ],
    },
    growth: {
      run,
      tables: [
        {
          id: 'growth-clients-tokens',
          title: 'Clients',
          note: '',
          rows: [
            row('10 clients, one', 'flowgate', 400, 'one'),
            row('10 clients, all', 'flowgate', 900, 'all'),
            row('1,000 clients, one', 'flowgate', 420, 'one'),
          ],
        },
        {
          id: 'growth-flows',
          title: 'Flows',
          note: '',
          rows: [row('1', 'flowgate', 300, 'one'), row('100', 'flowgate', 360, 'one')],
        },
      ],
    },
    micro: {
      run,
      rows: [
        { id: 'sign', name: 'sign', cpu: 50 },
        { id: 'token', name: 'token', cpu: 60 },
        { id: 'verify', name: 'verify', cpu: 1.5 },
        { id: 'script', name: 'script', cpu: 90 },
      ],
    },
    cold: {
      run,
      rows: [false, true].flatMap((compileCache) => [
        {
          id: 'hello',
          name: 'hello',
          compileCache,
          booted: 20,
          listening: 100,
          answered: compileCache ? 100 : 150,
        },
        ...['first-token', 'first-script'].map((id) => ({
          id,
          name: id,
          compileCache,
          booted: 20,
          listening: 150,
          answered: 260,
        })),
      ]),
    },
    storage: {
      run,
      rows: (['token', 'message'] as const).flatMap((work) => [
        { work, pace: 'busy', requests: 5000, seconds: 10, calls: 20, byOperation: {} },
        {
          work,
          pace: 'sparse',
          requests: 10,
          seconds: 10,
          calls: 10,
          byOperation: {},
        },
      ]),
      logBytes: { token: 200, message: 300 },
    },
  };
}
