import type { Properties } from './model/flow-model.ts';
import { compileCors } from './cors.compile.ts';
import type { FlowSettings } from './flow.ts';
import { MAX_PATTERN_CHARACTERS, parseNamePattern } from './name-pattern.ts';

type Report = (sentence: string) => void;

/** Compiles the runtime configuration of the collaboration. */
export function compileSettings(settings: Properties, fault: Report): FlowSettings {
  const session = settings.get('httpSessionHandling') ?? '';
  if (!['', 'None', 'onExchange', 'onIntegrationFlow'].includes(session)) {
    fault(`The HTTP session handling ${JSON.stringify(session.slice(0, 100))} is unknown.`);
  }
  const allowedHeaders = compileAllowedHeaders(settings.get('allowedHeaderList') ?? '', fault);
  const logLevel = LOG_LEVELS.get((settings.get('log') ?? '').replace(/\s+/g, '').toLowerCase());
  const cors = settings.get('corsEnabled') === 'true' ? compileCors(settings, fault) : undefined;
  return {
    namespaces: readNamespaces(settings.get('namespaceMapping') ?? '', fault),
    allowedHeaders,
    returnExceptionToSender: settings.get('returnExceptionToSender') === 'true',
    httpSessionHandling:
      session === 'onExchange' || session === 'onIntegrationFlow' ? session : 'None',
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(cors === undefined ? {} : { cors }),
  };
}

/** SAP Help, Specify the Runtime Configuration: Message Processing Log. Anything else logs all. */
const LOG_LEVELS: ReadonlyMap<string, 'ERROR' | 'NONE'> = new Map([
  ['errorevents', 'ERROR'],
  ['nologging', 'NONE'],
]);

/** Both are matched with every header of every message. */
const MAX_ALLOWED_HEADERS = 200;
const MAX_ALLOWED_PATTERNS = 10;

function compileAllowedHeaders(list: string, fault: Report): string[] {
  const entries = list.split('|', MAX_ALLOWED_HEADERS + 1).map((entry) => entry.trim());
  if (entries.length > MAX_ALLOWED_HEADERS) {
    fault(`Allowed Headers has more than ${MAX_ALLOWED_HEADERS} entries.`);
    return [];
  }
  const allowed = entries.filter((entry) => entry !== '');
  const patterns = allowed.filter((entry) => entry !== '*' && !/^[\w-]+$/.test(entry));
  if (patterns.length > MAX_ALLOWED_PATTERNS) {
    fault(
      `Allowed Headers has ${patterns.length} regular expressions; it may have ${MAX_ALLOWED_PATTERNS}. Name the headers instead.`,
    );
  }
  for (const entry of patterns) {
    if (parseNamePattern(entry) !== undefined) continue;
    fault(
      `${JSON.stringify(entry.slice(0, 100))} in Allowed Headers is neither a name nor a regular expression that can be used here: one of at most ${MAX_PATTERN_CHARACTERS} characters, without groups.`,
    );
  }
  return allowed;
}

const MAX_MAPPING_CHARACTERS = 20_000;

/** `xmlns:p=uri;xmlns:q="uri"`. */
function readNamespaces(mapping: string, fault: Report): Record<string, string> {
  const namespaces = new Map<string, string>();
  if (mapping.length > MAX_MAPPING_CHARACTERS) {
    fault(`The namespace mapping has more than ${MAX_MAPPING_CHARACTERS} characters.`);
    return {};
  }
  for (const entry of mapping.split(';').map((e) => e.trim())) {
    if (entry === '') continue;
    const [, prefix, quoted, plain] =
      /^xmlns:([\p{L}_][\p{L}\p{N}_.-]*)\s*=\s*(?:"([^"]*)"|([^\s"].*))$/u.exec(entry) ?? [];
    const uri = quoted ?? plain?.trim() ?? '';
    if (prefix === undefined || uri === '') {
      fault(
        `${JSON.stringify(entry.slice(0, 100))} in the namespace mapping has not the form xmlns:prefix=namespace.`,
      );
    } else namespaces.set(prefix, uri);
  }
  return Object.fromEntries(namespaces);
}
