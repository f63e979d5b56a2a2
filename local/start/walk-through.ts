import type { Bootstrap } from './secrets.ts';

export const PACKAGE = { Id: 'FlowgateWalkthrough', Name: 'Flowgate walk-through' } as const;
export const IFLOW = { Id: 'HelloWorld', Name: 'Hello World' } as const;

const CLIENT = 'apimconnectivity';

export interface Place {
  /** `http://localhost:<port>` */
  readonly url: string;
  /** `<account>iflmap` */
  readonly subscription: string;
}

/**
 * The walk-through as commands for a POSIX shell, one to a line: deploy, client, role, token, call.
 * The administrator's secret stands in them only when it has just been made.
 */
export function walkThrough(
  { url, subscription }: Place,
  bootstrap: Bootstrap,
  clientSecret: string,
): readonly string[] {
  const client = JSON.stringify({
    client_id: CLIENT,
    client_name: CLIENT,
    client_secret: clientSecret,
    subscription,
    grant_types: ['client_credentials'],
  });
  const role = `${url}/registry/v1/subscriptions/${subscription}/roles/ESBMessaging.send`;
  const admin = '-H "Authorization: Bearer $ADMIN"';
  return [
    `ADMIN=$(${fetchToken(url, administrator(bootstrap))})`,
    `curl -sS -w '\\n' -X POST ${admin} "${url}/api/v1/DeployIntegrationDesigntimeArtifact?Id='${IFLOW.Id}'&Version='active'"`,
    `curl -sS -w '\\n' -X POST ${admin} -H 'Content-Type: application/json' -d ${quote(client)} ${url}/registry/v1/clients`,
    `curl -sS -w '%{http_code}\\n' -X PUT ${admin} ${role}/users/oauth_client_${CLIENT}`,
    `TOKEN=$(${fetchToken(url, quote(`${CLIENT}:${clientSecret}`))})`,
    `curl -sS -w '\\n' -H "Authorization: Bearer $TOKEN" ${url}/http/v1/test/hello`,
  ];
}

/** What `npm start` prints when it serves. */
export function welcome(
  { url }: Place,
  { clientId, clientSecret, from, file }: Bootstrap,
  commands: readonly string[],
): string {
  const secret = {
    'new file': `${clientSecret}\n               (shown this once; kept in ${file})`,
    file: `in ${file}`,
    environment: 'in FLOWGATE_BOOTSTRAP_CLIENT_SECRET',
  }[from];
  return `Flowgate serves ${url}

Administrator: client ${clientId}
       secret: ${secret}

Deploy the iFlow, register a client, give it the role, get a token, call:

${commands.join('\n')}

Ctrl-C stops Flowgate.`;
}

function fetchToken(url: string, credentials: string): string {
  return `curl -sS -X POST -u ${credentials} '${url}/oauth2/api/v1/token?grant_type=client_credentials' | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/'`;
}

/** For curl's `-u`. */
function administrator({ clientId, clientSecret, from, file }: Bootstrap): string {
  switch (from) {
    case 'new file':
      return quote(`${clientId}:${clientSecret}`);
    case 'environment':
      return '"$FLOWGATE_BOOTSTRAP_CLIENT_ID:$FLOWGATE_BOOTSTRAP_CLIENT_SECRET"';
    case 'file':
      return `"${clientId}:$(sed -n 's/.*"clientSecret": *"\\([^"]*\\)".*/\\1/p' ${quote(file)})"`;
  }
}

/** A word for a POSIX shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
