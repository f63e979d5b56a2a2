import { parse, textIn } from '../api/json.ts';
import { CommandError, type Target } from '../api/target.ts';
import { fetchToken, reach } from '../api/token.ts';

/**
 * Signs in at Flowgate and makes the facade.
 * @returns what to tell. @throws {CommandError}
 */
export async function makeFacade(
  target: Target,
  request: Readonly<Record<string, unknown>>,
): Promise<string> {
  const token = await fetchToken(target);
  const response = await reach(`${target.url}/registry/v1/facades`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const answer = parse(await response.text());
  if (!response.ok) throw new CommandError(tellRefusal(response.status, answer));
  const done = response.status === 201 ? 'is made' : 'is as asked for';
  const tell = (name: string): string => textIn(answer, name);
  return [
    `The facade ${tell('iflow_id')} ${done}: ${tell('url')} calls ${tell('target_url')}.`,
    `Callers need the role ${tell('user_role')} in the subscription that iFlows run in.`,
  ].join('\n');
}

/** RFC 9457, with a pointer to each member that is wrong. */
function tellRefusal(status: number, answer: unknown): string {
  const { errors } = (answer ?? {}) as { readonly errors?: unknown };
  const told = (Array.isArray(errors) ? (errors as unknown[]) : []).map(
    (error) => `  ${textIn(error, 'pointer')}: ${textIn(error, 'detail')}`,
  );
  return [`Refused (${status}): ${textIn(answer, 'detail')}`, ...told].join('\n');
}
