import { assuming, type FlowReport } from '../../shared/iflow/check/check-bundle.ts';
import {
  countLacks,
  countsLine,
  countVerdicts,
  type Share,
  shareOf,
} from '../../shared/iflow/check/summary.ts';

export interface CheckedFlow extends FlowReport {
  /** The zip that it was found in. */
  readonly source: string;
}

/** The iFlows of one zip, each with what it lacks. */
export function textReport(source: string, flows: readonly FlowReport[]): string {
  const lines = flows.flatMap(({ verdict, name, id, faults }) => [
    `  ${verdict.padEnd(17)} ${name}${id === '' ? '' : ` (${id})`}`,
    ...faults.map(({ text }) => `      - ${text}`),
  ]);
  return [source, ...lines, ''].join('\n');
}

export function jsonReport(flows: readonly CheckedFlow[]): string {
  return JSON.stringify({ ...countVerdicts(flows), flows }, undefined, 2);
}

const GROOVY = new Set(['step GroovyScript']);

/** What is missing, by capability, and the shares of the iFlows that run, with Groovy and without. */
export function summaryReport(flows: readonly CheckedFlow[]): string {
  const rows = countLacks(flows).map(({ capability, flows: count, uses }) => [
    capability,
    String(count),
    String(uses),
  ]);
  const withGroovy = flows.map((flow) => assuming(flow, GROOVY));
  const lacksGroovy = withGroovy.some(
    ({ faults }, i) => faults.length < (flows[i]?.faults.length ?? 0),
  );
  return [
    ...(rows.length === 0 ? [] : [...table([['missing', 'iFlows', 'uses'], ...rows]), '']),
    `run, once their parameters are filled: ${sharesOf(flows)}`,
    ...(lacksGroovy ? [`if Groovy scripts ran: ${sharesOf(withGroovy)}`] : []),
    countsLine(countVerdicts(flows)),
  ].join('\n');
}

function sharesOf(flows: readonly CheckedFlow[]): string {
  const byHttps = flows.filter(({ senders }) => senders.includes('HTTPS'));
  return `${shareLine(shareOf(byHttps))} different iFlows with an HTTPS sender, ${shareLine(shareOf(flows))} of all`;
}

function shareLine({ able, of }: Share): string {
  return `${able} of ${of}`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  '),
  );
}
