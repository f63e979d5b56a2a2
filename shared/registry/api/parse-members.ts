import type * as z from 'zod/mini';
import { Problem, type ProblemDetail } from '../../http/problem.ts';
import type { Members } from './json-body.ts';

const NOT_HERE: Readonly<Record<string, string>> = {
  client_secret:
    'A secret is not changed with its client: add one at …/secrets, then delete the old one there.',
  client_secret_expires_at: 'Set when a secret expires with PATCH at …/secrets/{secret_id}.',
};

/**
 * The members of a request body as `schema` reads them; what is absent or null gets its default.
 * @param ignored names of members that are accepted and not read.
 * @param errors what is wrong beside.
 * @throws {Problem} 422 with every invalid member
 */
export function parseMembers<T extends z.ZodMiniObject>(
  schema: T,
  members: Members,
  ignored: readonly string[],
  errors: readonly ProblemDetail[] = [],
): z.output<T> {
  const given: Record<string, unknown> = {};
  const all: ProblemDetail[] = [];
  for (const [name, value] of members) {
    if (Object.hasOwn(schema.shape, name)) {
      if (value !== null) given[name] = value;
    } else if (!ignored.includes(name)) {
      all.push(unknownMember(name));
    }
  }
  all.push(...errors);
  const parsed = schema.safeParse(given);
  if (!parsed.success) all.push(...detailsOf(parsed.error));
  if (!parsed.success || all.length > 0) throw Problem.invalid(all);
  return parsed.data;
}

/** For a member that nobody reads: most likely a typing error, so it is not ignored. */
export function unknownMember(name: string): ProblemDetail {
  const detail = Object.hasOwn(NOT_HERE, name) ? NOT_HERE[name] : undefined;
  return { pointer: pointerTo([name]), detail: detail ?? 'There is no such member.' };
}

/** One entry per member: text in the place of an array may break the rules of both. */
export function detailsOf(error: z.core.$ZodError): readonly ProblemDetail[] {
  const first = new Map<string, ProblemDetail>();
  for (const issue of error.issues) {
    const pointer = pointerTo(issue.path);
    if (!first.has(pointer)) first.set(pointer, { pointer, detail: issue.message });
  }
  return [...first.values()];
}

/** RFC 6901 section 3; a name out of a body is cut, since it comes back in the answer. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
