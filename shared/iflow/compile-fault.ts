import type { DeployFault } from './flow.ts';
import type { FaultSubject } from './steps/compiler.ts';

/** Whether the value of a setting came from an externalised parameter. */
export interface Externalised {
  readonly externalised: ReadonlySet<string>;
}

/** A fault as a sentence about what has it. */
export function faultOf(
  subject: string,
  clause: string,
  about: FaultSubject = {},
  owner?: Externalised,
): DeployFault {
  const filled = about.property !== undefined && owner?.externalised.has(about.property) === true;
  return {
    text: `${subject} ${clause}${clause.endsWith('.') ? '' : '.'}`,
    kind: filled ? 'parameter' : (about.kind ?? 'design'),
    capability: about.capability?.slice(0, 200) ?? '',
  };
}
