export interface FaultOptions {
  /** Stable tag for logs and tests; never shown as the only text a caller gets. */
  readonly reason: string;
  /** Extra response headers, such as `Allow`, `Retry-After` or `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What really happened, for the log only. */
  readonly cause?: unknown;
}

/**
 * An outcome that a caller is told about: a status and a sentence that says what to do.
 *
 * Every room's own error class extends this one, and the surface of an endpoint
 * (`http/endpoint.ts`) turns it into that API's envelope. `message` goes to the caller, so it
 * never quotes a library, a stack, a secret or another client's data.
 */
export class Fault extends Error {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, options: FaultOptions) {
    super(detail, { cause: options.cause });
    this.name = new.target.name;
    this.status = status;
    this.reason = options.reason;
    this.headers = options.headers ?? {};
  }

  /** The same with more response headers. */
  with(headers: Readonly<Record<string, string>>): Fault {
    return new Fault(this.status, this.message, {
      reason: this.reason,
      headers: { ...this.headers, ...headers },
      cause: this.cause,
    });
  }

  /** What a problem document (RFC 9457 section 3.2) tells of this fault besides the common members. */
  problemMembers(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** RFC 9110 section 15.5.6: a 405 names the methods that are allowed. */
  static methodNotAllowed(allowed: readonly string[]): Fault {
    const allow = allowed.join(', ');
    return new Fault(405, `This address answers ${allow}.`, {
      reason: 'method_not_allowed',
      headers: { Allow: allow },
    });
  }

  /** RFC 9110 section 15.5.14. */
  static contentTooLarge(limit: number): Fault {
    return new Fault(413, `The request body may have at most ${limit} bytes.`, {
      reason: 'content_too_large',
    });
  }

  /**
   * RFC 9110 section 15.5.12. The Functions host hands over a chunked body as an empty one, so a
   * request that announces one is refused instead of being taken for an empty message.
   */
  static lengthRequired(): Fault {
    return new Fault(
      411,
      'A chunked request body does not reach this server. Send the body with a Content-Length.',
      { reason: 'length_required' },
    );
  }

  /** A dependency is away for the moment. */
  static unavailable(detail: string, retryAfterSeconds: number, cause?: unknown): Fault {
    return new Fault(503, detail, {
      reason: 'unavailable',
      headers: { 'Retry-After': String(retryAfterSeconds) },
      cause,
    });
  }
}
