import type { FlowReport } from './check-bundle.ts';

/** How many iFlows there are of each verdict. */
export interface Counts {
  /** All that could be read. */
  readonly read: number;
  readonly runs: number;
  readonly needsParameters: number;
  readonly cannot: number;
  readonly unreadable: number;
}

export function countVerdicts(reports: readonly FlowReport[]): Counts {
  const count = (verdict: FlowReport['verdict']): number =>
    reports.filter((report) => report.verdict === verdict).length;
  const [runs, needsParameters, cannot] = [
    count('runs'),
    count('needs-parameters'),
    count('cannot'),
  ];
  const read = runs + needsParameters + cannot;
  return { read, runs, needsParameters, cannot, unreadable: count('unreadable') };
}

/** The last line of a report, for scripts. */
export function countsLine({ read, runs, needsParameters, cannot, unreadable }: Counts): string {
  return `read ${read} runs ${runs} needs-parameters ${needsParameters} cannot ${cannot} unreadable ${unreadable}`;
}

/** A capability that is missing, or another reason, and where it counts. */
export interface Lack {
  /** Such as `step MessageMapping`; `reference`, `parameter` or `design` for what is none. */
  readonly capability: string;
  /** iFlows that it keeps from running. */
  readonly flows: number;
  /** Steps, channels and settings that ask for it. */
  readonly uses: number;
}

/** What is missing, by capability, what most iFlows lack first. */
export function countLacks(reports: readonly FlowReport[]): Lack[] {
  const lacks = new Map<string, { flows: number; uses: number }>();
  for (const { faults } of reports) {
    const seen = new Set<string>();
    for (const { kind, capability } of faults) {
      const name = kind === 'missing' ? capability : kind;
      const lack = lacks.get(name) ?? { flows: 0, uses: 0 };
      lack.uses += 1;
      if (!seen.has(name)) lack.flows += 1;
      seen.add(name);
      lacks.set(name, lack);
    }
  }
  return [...lacks]
    .map(([capability, lack]) => ({ capability, ...lack }))
    .sort((a, b) => b.flows - a.flows || a.capability.localeCompare(b.capability));
}

/** A part of the iFlows: those that run, once their parameters are filled, of all that could be read. */
export interface Share {
  readonly able: number;
  readonly of: number;
}

/** Each different flow once, however many packages it is in. */
export function shareOf(reports: readonly FlowReport[]): Share {
  const different = new Map(reports.map((report) => [report.digest, report]));
  different.delete('');
  const flows = [...different.values()];
  const able = flows.filter(({ verdict }) => verdict === 'runs' || verdict === 'needs-parameters');
  return { able: able.length, of: flows.length };
}
