export type FetchReason =
  | 'url'
  | 'dns'
  | 'private_address'
  | 'connection'
  | 'tls'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'too_large'
  | 'not_json';

/**
 * Why a document could not be fetched. The text is for administrators: it names the address and what
 * to mend, and never quotes the answer. `reason` is for the log, `cause` holds what the socket said.
 */
export class FetchFault extends Error {
  readonly reason: FetchReason;

  /** @param what follows the address in the text, or is the whole of it for a URL that is no URL. */
  constructor(reason: FetchReason, url: string, what: string, cause?: unknown) {
    super(reason === 'url' ? what : `${url} ${what}`, { cause });
    this.name = 'FetchFault';
    this.reason = reason;
  }

  static ofStatus(url: string, status: number): FetchFault {
    return new FetchFault('status', url, `answers with status ${status}.`);
  }

  static ofConnection(url: string, cause: unknown): FetchFault {
    const code = (cause as { code?: unknown } | null)?.code;
    const named = typeof code === 'string' ? ` (${code})` : '';
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
