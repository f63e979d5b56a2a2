export type FetchReason =
  | 'url'
  | 'dns'
  | 'private_address'
  | 'connection'
  | 'tls'
  | 'identity'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'too_large'
  | 'not_json'
  | 'broken'
  | 'encoding'
  | 'busy';

const NOTHING_SENT: ReadonlySet<FetchReason> = new Set<FetchReason>([
  'url',
  'dns',
  'private_address',
  'connection',
  'tls',
  'identity',
]);

/**
 * Why a document could not be fetched. The text is for administrators: it names the address and what
 * to mend, and never quotes the answer. `reason` is for the log, `cause` holds what the socket said.
 */
export class FetchFault extends Error {
  readonly reason: FetchReason;
  /** Whether the request may have reached the other side. */
  readonly mayHaveArrived: boolean;

  /**
   * @param url as the text names it.
   * @param what follows the address in the text, or is the whole of it for a URL that is no URL.
   */
  constructor(
    reason: FetchReason,
    url: string,
    what: string,
    cause?: unknown,
    mayHaveArrived = !NOTHING_SENT.has(reason),
  ) {
    super(reason === 'url' ? what : `${url} ${what}`, { cause });
    this.name = 'FetchFault';
    this.reason = reason;
    this.mayHaveArrived = mayHaveArrived;
  }

  static ofStatus(url: string, status: number): FetchFault {
    return new FetchFault('status', url, `answers with status ${status}.`);
  }

  /** @param progress how far the exchange had come. */
  static ofConnection(
    url: string,
    cause: unknown,
    progress: 'connecting' | 'sent' | 'answering' = 'connecting',
  ): FetchFault {
    const code = (cause as { code?: unknown } | null)?.code;
    const named = typeof code === 'string' ? ` (${code})` : '';
    if (code === 'HPE_HEADER_OVERFLOW') {
      return new FetchFault('too_large', url, 'answers with too many headers.', cause);
    }
    if (/^HPE_/.test(String(code))) {
      return new FetchFault(
        'broken',
        url,
        `answers with something that is not HTTP${named}.`,
        cause,
      );
    }
    if (/^ERR_SSL_.*ALERT/.test(String(code))) {
      const what = `refuses the TLS connection${named}.`;
      return new FetchFault('tls', url, what, cause, progress !== 'connecting');
    }
    if (progress !== 'connecting') {
      const when = progress === 'sent' ? 'without an answer' : 'before its answer was complete';
      return new FetchFault('broken', url, `ended the connection ${when}${named}.`, cause);
    }
    if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(String(code))) {
      return new FetchFault(
        'tls',
        url,
        `has no certificate that this server trusts${named}.`,
        cause,
      );
    }
    return new FetchFault('connection', url, `cannot be reached${named}.`, cause);
  }
}
