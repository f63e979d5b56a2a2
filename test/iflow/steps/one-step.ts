import { compileBundle } from '../../../shared/iflow/compile.ts';
import { type DeployFault, NotDeployable } from '../../../shared/iflow/flow.ts';
import type { Exchange } from '../../../shared/iflow/exchange.ts';
import { flowBundle, type FlowDescription, line } from '../../support/flow-bundle.ts';
import { runBundle } from '../running.ts';

type Rest = Omit<FlowDescription, 'processes'>;
type Settings = Readonly<Record<string, string>>;

function bundleOf(cname: string, properties: Settings, rest: Rest): Uint8Array {
  return flowBundle({ ...rest, processes: [line({ id: 'Tested', cname, properties })] });
}

/** Runs the exchange through a flow of one step. */
export async function runStep(
  cname: string,
  properties: Settings,
  exchange: Exchange,
  rest: Rest = {},
): Promise<Exchange> {
  await runBundle(bundleOf(cname, properties, rest), exchange);
  return exchange;
}

/** What keeps a flow of that step from being deployed; empty when nothing does. */
export function faultsOf(
  cname: string,
  properties: Settings,
  rest: Rest = {},
): readonly DeployFault[] {
  try {
    compileBundle(bundleOf(cname, properties, rest));
    return [];
  } catch (error) {
    if (!(error instanceof NotDeployable)) throw error;
    return error.details;
  }
}

/** A table as SAP stores it. */
export function table(...rows: readonly (readonly string[])[]): string {
  const escape = (cell: string): string => cell.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return rows
    .map((cells) => `<row>${cells.map((cell) => `<cell>${escape(cell)}</cell>`).join('')}</row>`)
    .join('');
}
