import { hash } from 'node:crypto';
import { type Bundle, BundleFault, readBundle } from '../bundle/bundle.ts';
import { type CompileOptions, compileFlow } from '../compile.ts';
import { type DeployFault, NotDeployable } from '../flow.ts';
import { readFlow } from '../model/read-flow.ts';

const MAX_FLOW_BYTES = 40 * 1024 * 1024;

/** What becomes of an iFlow here. */
export interface FlowReport {
  /** Symbolic name; '' for a bundle that cannot be read. */
  readonly id: string;
  readonly name: string;
  /**
   * - `runs`: it can be deployed as it is.
   * - `needs-parameters`: once its externalised parameters have values that can be used.
   * - `cannot`: it asks for something that is not there.
   * - `unreadable`: it is damaged, or no iFlow.
   */
  readonly verdict: 'runs' | 'needs-parameters' | 'cannot' | 'unreadable';
  /** Sender adapters, such as `HTTPS`; `Timer` for a timer start. */
  readonly senders: readonly string[];
  readonly faults: readonly DeployFault[];
  /** SHA-256 of the .iflw, hexadecimal: the same flow may be in several packages. '' if unreadable. */
  readonly digest: string;
}

export type CheckOptions = Pick<CompileOptions, 'collections'>;

/** Checks an iFlow bundle as deploying it would, and keeps nothing of it. */
export async function checkBundle(
  zip: Uint8Array,
  options: CheckOptions = {},
): Promise<FlowReport> {
  try {
    const bundle = readBundle(zip);
    const model = readFlow(bundle);
    const timed = model.processes.some((p) => p.nodes.some((n) => n.cname === 'intermediatetimer'));
    const senders = new Set([
      ...model.channels.filter((c) => c.direction === 'Sender').map((c) => c.adapter),
      ...(timed ? ['Timer'] : []),
    ]);
    const faults = await faultsOf(() => compileFlow(model, bundle, options));
    return {
      id: model.id,
      name: model.name,
      verdict: verdictOf(faults),
      senders: [...senders],
      faults,
      digest: digestOf(bundle),
    };
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    const faults = error.faults.map((text): DeployFault => ({
      text,
      kind: 'design',
      capability: '',
    }));
    return { id: '', name: '', verdict: 'unreadable', senders: [], faults, digest: '' };
  }
}

/** What would become of an iFlow if some capabilities, such as `step GroovyScript`, were there. */
export function assuming<R extends FlowReport>(report: R, assumed: ReadonlySet<string>): R {
  if (report.verdict === 'unreadable') return report;
  const faults = report.faults.filter(({ capability }) => !assumed.has(capability));
  return { ...report, faults, verdict: verdictOf(faults) };
}

function digestOf(bundle: Bundle): string {
  const path = bundle.paths.find((one) => one.toLowerCase().endsWith('.iflw')) ?? '';
  return hash('sha256', bundle.read(path, MAX_FLOW_BYTES) ?? '', 'hex');
}

async function faultsOf(compile: () => unknown): Promise<readonly DeployFault[]> {
  try {
    await compile();
    return [];
  } catch (error) {
    if (!(error instanceof NotDeployable)) throw error;
    return error.details;
  }
}

function verdictOf(faults: readonly DeployFault[]): FlowReport['verdict'] {
  if (faults.length === 0) return 'runs';
  return faults.every(({ kind }) => kind === 'parameter') ? 'needs-parameters' : 'cannot';
}
