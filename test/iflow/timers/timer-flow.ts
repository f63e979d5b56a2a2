import { escapeXml } from '../../../shared/iflow/xml/write-xml.ts';
import { flowBundle, type NodeDescription, setBody } from '../../support/flow-bundle.ts';

/** `scheduleKey` as SAP's editor writes it. */
export function scheduleKey(rows: Readonly<Record<string, string>>): string {
  return Object.entries({ dateType: '', timeZone: '', ...rows })
    .map((row) => `<row>${row.map((cell) => `<cell>${escapeXml(cell)}</cell>`).join('')}</row>`)
    .join('');
}

/** A flow that a timer starts. */
export function timerFlow(
  schedule: string,
  parameters: Readonly<Record<string, string>> = {},
  flow: {
    readonly id?: string;
    readonly steps?: readonly NodeDescription[];
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Uint8Array {
  const { id = 'Timed', steps = [setBody('Body', 'timed')], files = {} } = flow;
  const nodes = [
    { id: 'Timer', cname: 'intermediatetimer', properties: { scheduleKey: schedule } },
    ...steps,
    { id: 'End', cname: 'MessageEndEvent' },
  ];
  return flowBundle({ id, senders: [], parameters, files, processes: [{ nodes }] });
}
