/** What to mend, for whoever has given the command. */
export class Refused extends Error {}

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * Signs in at Flowgate and makes the facade.
 * @returns what to tell. @throws {Refused}
 */
export async function makeFacade(
  base: string,
  credentials: Credentials,
  request: Readonly<Record<string, unknown>>,
): Promise<string> {
  if (!URL.canParse(base))
    throw new Refused(`${base} is no URL, such as https://flowgate.example.`);
  const url = base.replace(/\/+$/, '');
  const token = await signIn(url, credentials);
  const response = await send(`${url}/registry/v1/facades`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const answer = await readJson(response);
  if (!response.ok) throw new Refused(tellRefusal(response.status, answer));
  const { url: address, target_url: target, iflow_id: id, user_role: role } = answer;
  const done = response.status === 201 ? 'is made' : 'is as asked for';
  return [
    `The facade ${text(id)} ${done}: ${text(address)} calls ${text(target)}.`,
    `Callers need the role ${text(role)} in the subscription that iFlows run in.`,
  ].join('\n');
}

async function signIn(url: string, { id, secret }: Credentials): Promise<string> {
  if (id === '' || secret === '') {
    throw new Refused('FLOWGATE_REMOTE_CLIENT_ID and FLOWGATE_REMOTE_CLIENT_SECRET are not set.');
  }
  const pair = [id, secret].map((part) => encodeURIComponent(part)).join(':');
  const response = await send(`${url}/oauth2/api/v1/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token, error_description: why } = await readJson(response);
  if (typeof token === 'string') return token;
  throw new Refused(`Flowgate gives ${id} no token (${response.status}): ${text(why)}`);
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Refused(`${url} cannot be reached: ${(cause as Error).message}`);
  }
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    return (await response.json()) as Record<string, unknown>;
  } catch {
    throw new Refused(
      `${response.url} is no Flowgate: it answers ${response.status} without JSON.`,
    );
  }
}

function tellRefusal(status: number, answer: Readonly<Record<string, unknown>>): string {
  const errors = Array.isArray(answer['errors']) ? (answer['errors'] as unknown[]) : [];
  const told = errors.flatMap((error): string[] => {
    if (typeof error !== 'object' || error === null) return [];
    const { pointer, detail } = error as Record<string, unknown>;
    return [`  ${text(pointer)}: ${text(detail)}`];
  });
  return [`Refused (${status}): ${text(answer['detail'])}`, ...told].join('\n');
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
