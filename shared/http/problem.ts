import type { HttpReply } from './call.ts';
import { json } from './call.ts';
import type { Surface } from './endpoint.ts';
import { Fault } from './fault.ts';

/** One invalid member of a request body: where (RFC 6901) and what to do. */
export interface ProblemDetail {
  readonly pointer: string;
  readonly detail: string;
}

/** Entries of one problem, at most: an answer is never much longer than its request. */
const MOST_ERRORS = 50;

/**
 * A registry error (RFC 9457), with one entry per invalid member of the request body, at
 * most {@link MOST_ERRORS}.
 */
export class Problem extends Fault {
  readonly errors: readonly ProblemDetail[];

  constructor(
    status: number,
    reason: string,
    detail: string,
    errors: readonly ProblemDetail[] = [],
  ) {
    super(status, detail, { reason });
    this.errors = errors.slice(0, MOST_ERRORS);
  }

  override problemMembers(): Readonly<Record<string, unknown>> {
    return this.errors.length > 0 ? { errors: this.errors } : {};
  }

  static notFound(detail: string): Problem {
    return new Problem(404, 'not_found', detail);
  }

  static conflict(detail: string): Problem {
    return new Problem(409, 'conflict', detail);
  }

  static preconditionRequired(): Problem {
    return new Problem(
      428,
      'precondition_required',
      'Send If-Match with the ETag that GET returned, or with * to overwrite whatever is there.',
    );
  }

  static preconditionFailed(): Problem {
    return new Problem(
      412,
      'precondition_failed',
      'It has been changed since that ETag was read. GET it again, apply the change to what is there now, and send its new ETag.',
    );
  }

  static invalid(errors: readonly ProblemDetail[]): Problem {
    const first = errors[0];
    const detail = first === undefined ? 'The request is invalid.' : first.detail;
    return new Problem(422, 'invalid', detail, errors);
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** Errors as `application/problem+json` (RFC 9457). */
export const problemSurface: Surface = {
  toReply(fault, call): HttpReply {
    return json(
      fault.status,
      {
        type: 'about:blank',
        title: TITLES[fault.status] ?? 'Error',
        status: fault.status,
        detail: fault.message,
        instance: `urn:uuid:${call.invocationId}`,
        reason: fault.reason,
        ...fault.problemMembers(),
      },
      { 'Content-Type': 'application/problem+json' },
    );
  },
};
