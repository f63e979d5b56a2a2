import type { FlowReport } from '../../shared/iflow/check/check-bundle.ts';
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

/** Each iFlow with what it lacks, zip by zip. */
export function textReport(flows: readonly CheckedFlow[]): string {
  const lines: string[] = [];
  let source: string | undefined;
  for (const flow of flows) {
    if (flow.source !== source) lines.push('', flow.source);
    source = flow.source;
    lines.push(`  ${flow.verdict.padEnd(17)} ${flow.name}${flow.id === '' ? '' : ` (${flow.id})`}`);
    lines.push(...flow.faults.map(({ text }) => `      - ${text}`));
  }
  return [...lines, '', countsLine(countVerdicts(flows))].join('\n').trimStart();
}

export function jsonReport(flows: readonly CheckedFlow[]): string {
  return JSON.stringify({ ...countVerdicts(flows), flows }, undefined, 2);
}

/** What is missing, by capability, and the shares of the iFlows that run. */
export function summaryReport(flows: readonly CheckedFlow[]): string {
  const rows = countLacks(flows).map(({ capability, flows: count, uses }) => [
    capability,
    String(count),
    String(uses),
  ]);
  const byHttps = flows.filter(({ senders }) => senders.includes('HTTPS'));
  return [
    ...(rows.length === 0 ? [] : [...table([['missing', 'iFlows', 'uses'], ...rows]), '']),
    `run, once their parameters are filled: ${shareLine(shareOf(byHttps))} different iFlows with an HTTPS sender, ${shareLine(shareOf(flows))} of all`,
    countsLine(countVerdicts(flows)),
  ].join('\n');
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
