import type { Settings } from './schema.ts';

/** The OpenID provider that people may sign in at besides accounts with a password. */
export interface UpstreamSignInSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** On the button. */
  readonly name: string;
  /** The claim of the ID token that names the user. */
  readonly claim: string;
  /** Goes before it. */
  readonly prefix: string;
}

/** undefined while none is set. Faults are added to `faults`. */
export function readUpstream(
  settings: Settings,
  faults: string[],
): UpstreamSignInSettings | undefined {
  const issuer = settings.FLOWGATE_UPSTREAM_ISSUER;
  const clientId = settings.FLOWGATE_UPSTREAM_CLIENT_ID;
  if ((issuer === undefined) !== (clientId === undefined)) {
    faults.push(
      'FLOWGATE_UPSTREAM_ISSUER and FLOWGATE_UPSTREAM_CLIENT_ID go together: set both or neither',
    );
  }
  if (issuer === undefined || clientId === undefined) return undefined;
  return {
    issuer,
    clientId,
    clientSecret: settings.FLOWGATE_UPSTREAM_CLIENT_SECRET,
    name: settings.FLOWGATE_UPSTREAM_NAME ?? new URL(issuer).hostname,
    claim: settings.FLOWGATE_UPSTREAM_USER_CLAIM,
    prefix: settings.FLOWGATE_UPSTREAM_USER_PREFIX ?? '',
  };
}
