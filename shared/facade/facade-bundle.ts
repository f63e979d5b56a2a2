import { buildBundle } from '../iflow/bundle/build.ts';

/** What a facade is: an address here, an iFlow on a tenant, and what its token is fetched with. */
export interface Facade {
  readonly iflowId: string;
  readonly name: string;
  /** Of the HTTPS sender; with `/*` at its end what is below goes on to the tenant. */
  readonly address: string;
  /** What is called on the tenant. */
  readonly targetUrl: string;
  readonly userRole: string;
  readonly csrfProtected: boolean;
  /** Name of OAuth2 client credentials. */
  readonly credentialName: string;
  /** Headers of the caller that go on to the tenant, beside the content type. */
  readonly requestHeaders: readonly string[];
}

/** Attribute of the manifest that tells a facade, and the address that it was made for. */
export const FACADE_ATTRIBUTE = 'Flowgate-Facade';

/** Headers of the tenant's answer that the caller gets, beside the content type. */
const RESPONSE_HEADERS = [
  'Content-Disposition',
  'Content-Language',
  'ETag',
  'Last-Modified',
  'Location',
  'Retry-After',
];

/**
 * An HTTPS sender and a Request Reply to an HTTP receiver, which SAP's editor opens as well. Method,
 * query, body and status go through as they are.
 */
export function facadeBundle(facade: Facade): Uint8Array {
  const { iflowId, name, address, userRole, csrfProtected, requestHeaders } = facade;
  return buildBundle({
    id: iflowId,
    name,
    description: `Calls ${facade.targetUrl} with a token of its own`,
    attributes: { [FACADE_ATTRIBUTE]: address },
    address,
    userRole,
    csrfProtected,
    allowedHeaders: requestHeaders.join('|'),
    steps: [
      {
        type: 'requestReply',
        name: 'Call the tenant',
        receiver: { adapter: 'HTTP', name: 'Tenant', properties: channelOf(facade) },
      },
    ],
  });
}

/** SAP Help, HTTP Receiver Adapter; the keys are those of its version 1.17. */
function channelOf({
  targetUrl,
  credentialName,
  requestHeaders,
}: Facade): Readonly<Record<string, string>> {
  return {
    httpAddressWithoutQuery: targetUrl,
    // The header CamelHttpQuery, which the sender sets, counts.
    httpAddressQuery: '',
    httpMethod: 'DYNAMIC',
    methodSourceExpression: '${header.CamelHttpMethod}',
    httpShouldSendBody: 'false',
    proxyType: 'default',
    proxyHost: '',
    proxyPort: '',
    locationID: '',
    authenticationMethod: 'OAuth2 Client Credentials',
    credentialName,
    privateKeyAlias: '',
    httpRequestTimeout: '60000',
    allowedRequestHeaders: requestHeaders.join('|'),
    allowedResponseHeaders: RESPONSE_HEADERS.join('|'),
    throwExceptionOnFailure: 'false',
    retryOnConnectionFailure: 'false',
    retryIteration: '1',
    retryInterval: '5',
    httpErrorResponseCodes: '',
    enableMPLAttachments: 'true',
    streaming: 'false',
    apiArtifactType: '',
    internetProxyType: '',
    providerAuth: '',
    providerName: '',
    providerUrl: '',
    providerRelativeUrl: '',
    TransportProtocol: 'HTTP',
    TransportProtocolVersion: '1.17.0',
    MessageProtocol: 'None',
    MessageProtocolVersion: '1.17.0',
    ComponentSWCVName: 'external',
    ComponentSWCVId: '1.17.0',
    componentVersion: '1.17',
    cmdVariantUri:
      'ctype::AdapterVariant/cname::sap:HTTP/tp::HTTP/mp::None/direction::Receiver/version::1.17.0',
  };
}
