import { overlaps, parseAddress, type Address } from './address.ts';
import type { FlowSettings, HttpsSender } from './flow.ts';
import { MAX_PATTERN_CHARACTERS, parseNamePattern } from './name-pattern.ts';
import type { Channel, FlowModel, Properties } from './model/flow-model.ts';

const MEGABYTE = 1024 * 1024;
/** The Functions host takes request bodies of at most 100 MB. */
const MAX_BODY_MEGABYTES = 100;

type Report = (sentence: string) => void;

/** Compiles the runtime configuration of the collaboration. */
export function compileSettings(settings: Properties, fault: Report): FlowSettings {
  if (settings.get('corsEnabled') === 'true') {
    fault('Cross-origin requests (CORS) in the runtime configuration are not available yet.');
  }
  const session = settings.get('httpSessionHandling') ?? '';
  if (!['', 'None', 'onExchange', 'onIntegrationFlow'].includes(session)) {
    fault(`The HTTP session handling ${JSON.stringify(session.slice(0, 100))} is unknown.`);
  }
  const allowedHeaders = compileAllowedHeaders(settings.get('allowedHeaderList') ?? '', fault);
  return {
    namespaces: readNamespaces(settings.get('namespaceMapping') ?? '', fault),
    allowedHeaders,
    returnExceptionToSender: settings.get('returnExceptionToSender') === 'true',
    httpSessionHandling:
      session === 'onExchange' || session === 'onIntegrationFlow' ? session : 'None',
  };
}

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

/**
 * Compiles the sender channels. A flow that nothing could ever start is refused: Cloud Integration
 * would deploy it, and leave whoever calls it to find out.
 */
export function compileSenders(model: FlowModel, fault: Report): HttpsSender[] {
  const senders: { sender: HttpsSender; address: Address }[] = [];
  let begins = false;
  for (const channel of model.channels) {
    const what = `${channel.direction} channel ${named(channel)}`;
    if (channel.direction === 'Sender') begins = true;
    if (channel.adapter !== 'HTTPS' || channel.direction !== 'Sender') {
      fault(`${what} (${channel.adapter.slice(0, 100) || 'no adapter'}) is not available yet.`);
      continue;
    }
    const compiled = compileSender(channel, model, (clause) => {
      fault(`${what} (HTTPS) ${clause}`);
    });
    if (compiled !== undefined) senders.push(compiled);
  }
  senders.forEach(({ sender, address }, i) => {
    const other = senders.slice(0, i).find((s) => overlaps(s.address, address));
    if (other !== undefined) {
      fault(
        `The sender channels ${JSON.stringify(other.sender.channelName)} and ${JSON.stringify(sender.channelName)} serve the same address ${JSON.stringify(sender.address)}.`,
      );
    }
  });
  const timed = model.processes.some((p) => p.nodes.some((n) => n.cname === 'intermediatetimer'));
  // A timer that begins a flow is a missing step of its own.
  if (!begins && !timed) {
    fault('The iFlow has no sender channel: nothing could ever start it. Add an HTTPS sender.');
  }
  return senders.map(({ sender }) => sender);
}

function compileSender(
  channel: Channel,
  model: FlowModel,
  fault: Report,
): { sender: HttpsSender; address: Address } | undefined {
  const { properties } = channel;
  const text = (properties.get('urlPath') ?? '').trim();
  const address = parseAddress(text);
  if (typeof address === 'string') fault(`cannot be served. ${address}`);
  const authentication = properties.get('senderAuthType') ?? '';
  if (authentication === 'ClientCertificate') {
    fault(
      'asks for client certificates, which are not available yet. Use role based authorization.',
    );
  } else if (authentication !== '' && authentication !== 'RoleBased') {
    fault(
      `asks for the authorization ${JSON.stringify(authentication.slice(0, 100))}, which is not available. Use role based authorization.`,
    );
  }
  const csrf = (properties.get('xsrfProtection') ?? '').trim().toLowerCase();
  if (!['', '0', '1', 'true', 'false'].includes(csrf)) {
    fault(`has the CSRF protection ${JSON.stringify(csrf.slice(0, 100))}; it is 1 or 0.`);
  }
  const megabytes = (properties.get('maximumBodySize') ?? '').trim() || '40';
  if (!/^\d{1,4}$/.test(megabytes) || +megabytes < 1 || +megabytes > MAX_BODY_MEGABYTES) {
    fault(
      `has the body size ${JSON.stringify(megabytes.slice(0, 100))}; it is 1 to ${MAX_BODY_MEGABYTES} MB.`,
    );
  }
  const process = model.processes.find((p) => p.nodes.some((n) => n.id === channel.targetId));
  const start = process?.nodes.find((n) => n.id === channel.targetId);
  if (process === undefined || start?.element !== 'startEvent') {
    fault('is not connected to the start of a process.');
    return undefined;
  }
  if (typeof address === 'string') return undefined;
  return {
    address,
    sender: {
      adapter: 'HTTPS',
      channelId: channel.id,
      channelName: channel.name,
      address: text,
      userRole: (properties.get('userRole') ?? '').trim() || 'ESBMessaging.send',
      // Protection is on unless it is switched off, as in SAP's editor.
      csrfProtected: csrf !== '0' && csrf !== 'false',
      maximumBodySize: Number(megabytes) * MEGABYTE,
      processId: process.id,
      startId: start.id,
    },
  };
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

function named({ id, name }: Channel): string {
  return JSON.stringify((name || id).slice(0, 200));
}
