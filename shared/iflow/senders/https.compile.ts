import { type Address, overlaps, parseAddress } from '../address.ts';
import { parseName } from '../../x509/distinguished-name.ts';
import type { CertificateNames, HttpsSender } from '../flow.ts';
import type { Channel } from '../model/flow-model.ts';
import type { SenderCompileContext } from './compiler.ts';

const MEGABYTE = 1024 * 1024;
/** The Functions host takes request bodies of at most 100 MB. */
const MAX_BODY_MEGABYTES = 100;

/** Compiles an HTTPS sender channel; SAP Help, HTTPS Sender Adapter. */
export function compileHttpsSender(
  channel: Channel,
  { start, fault }: SenderCompileContext,
): HttpsSender | undefined {
  const { properties } = channel;
  const text = (properties.get('urlPath') ?? '').trim();
  const address = parseAddress(text);
  if (typeof address === 'string') fault(`cannot be served. ${address}`, { property: 'urlPath' });
  const authentication = properties.get('senderAuthType') ?? '';
  const clientCertificates =
    authentication === 'ClientCertificate' ? compileCertificates(channel, fault) : undefined;
  if (!['', 'RoleBased', 'ClientCertificate'].includes(authentication)) {
    fault(
      `asks for the authorization ${JSON.stringify(authentication.slice(0, 100))}, which is not available. Use role based authorization or client certificates.`,
      { property: 'senderAuthType' },
    );
  }
  const csrf = (properties.get('xsrfProtection') ?? '').trim().toLowerCase();
  if (!['', '0', '1', 'true', 'false'].includes(csrf)) {
    fault(`has the CSRF protection ${JSON.stringify(csrf.slice(0, 100))}; it is 1 or 0.`, {
      property: 'xsrfProtection',
    });
  }
  const megabytes = (properties.get('maximumBodySize') ?? '').trim() || '40';
  if (!/^\d{1,4}$/.test(megabytes) || +megabytes < 1 || +megabytes > MAX_BODY_MEGABYTES) {
    fault(
      `has the body size ${JSON.stringify(megabytes.slice(0, 100))}; it is 1 to ${MAX_BODY_MEGABYTES} MB.`,
      { property: 'maximumBodySize' },
    );
  }
  if (typeof address === 'string') return undefined;
  return {
    adapter: 'HTTPS',
    channelId: channel.id,
    channelName: channel.name,
    address: text,
    userRole: (properties.get('userRole') ?? '').trim() || 'ESBMessaging.send',
    // Protection is on unless it is switched off, as in SAP's editor.
    csrfProtected: csrf !== '0' && csrf !== 'false',
    maximumBodySize: Number(megabytes) * MEGABYTE,
    ...(clientCertificates === undefined ? {} : { clientCertificates }),
    ...start,
  };
}

const MAX_CERTIFICATES = 100;

/** Rows of subject and issuer, as RFC 4514 writes names; SAP's editor leaves empty ones behind. */
function compileCertificates(
  { tables }: Channel,
  fault: SenderCompileContext['fault'],
): CertificateNames[] {
  const about = { property: 'clientCertificates' };
  const named = (tables.get('clientCertificates') ?? [])
    .map((row) => ({
      subject: (row.get('clientCertificate.subjectDN') ?? '').trim(),
      issuer: (row.get('clientCertificate.issuerDN') ?? '').trim(),
    }))
    .filter(({ subject, issuer }) => subject !== '' || issuer !== '');
  if (named.length === 0) fault('asks for client certificates and names none', about);
  if (named.length > MAX_CERTIFICATES) {
    fault(`names ${named.length} client certificates; it may name ${MAX_CERTIFICATES}`, about);
  }
  for (const text of named.flatMap(({ subject, issuer }) => [subject, issuer])) {
    if (parseName(text) !== undefined) continue;
    const shown = JSON.stringify(text.slice(0, 100));
    fault(
      `has the name ${shown} for a client certificate; write it as in CN=partner,O=Example`,
      about,
    );
  }
  return named;
}

/** Faults of senders whose addresses no router could tell apart. */
export function repeatedAddresses(senders: readonly HttpsSender[]): string[] {
  const seen: { sender: HttpsSender; address: Address }[] = [];
  const faults: string[] = [];
  for (const sender of senders) {
    const address = parseAddress(sender.address);
    if (typeof address === 'string') continue;
    const other = seen.find((earlier) => overlaps(earlier.address, address))?.sender;
    if (other !== undefined) {
      faults.push(
        `The sender channels ${JSON.stringify(other.channelName)} and ${JSON.stringify(sender.channelName)} serve the same address ${JSON.stringify(sender.address)}.`,
      );
    }
    seen.push({ sender, address });
  }
  return faults;
}
