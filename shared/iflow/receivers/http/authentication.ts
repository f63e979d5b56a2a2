import type { ClientIdentity } from '../../../net/http-client.ts';
import type {
  OAuth2ClientCredentials,
  SecurityMaterial,
} from '../../services/security-material.ts';
import type { StepContext } from '../../steps/step.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import type { EvaluateText } from '../../steps/evaluating.ts';
import type { Authentication } from './config.ts';

/** What a request shows of who sends it. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'header'; readonly header: string; readonly user: string }
  | { readonly kind: 'oauth2'; readonly material: OAuth2ClientCredentials }
  | { readonly kind: 'certificate'; readonly identity: ClientIdentity };

/**
 * Reads the security material that the channel names.
 * @throws {StepFailure} which names what is missing.
 */
export async function readCredential(
  authentication: Authentication,
  evaluate: EvaluateText,
  { environment }: Pick<StepContext, 'environment'>,
): Promise<Credential> {
  if (authentication.method === 'None') return { kind: 'none' };
  const material = await environment.services.securityMaterial();
  switch (authentication.method) {
    case 'Basic':
      return basic(evaluate(authentication.credential).trim(), material);
    case 'OAuth2 Client Credentials': {
      const name = evaluate(authentication.credential).trim();
      const found = await material.oauth2ClientCredentials(nameOf(name, 'credential name'));
      if (found === undefined) throw missing('OAuth2 client credentials', name);
      return { kind: 'oauth2', material: found };
    }
    case 'Client Certificate':
      return certificate(evaluate(authentication.alias).trim(), material);
  }
}

async function basic(name: string, material: SecurityMaterial): Promise<Credential> {
  const found = await material.userCredentials(nameOf(name, 'credential name'));
  if (found === undefined) throw missing('user credentials', name);
  const { user, password } = found;
  // RFC 7617 section 2.
  if (user.includes(':')) {
    throw new StepFailure(
      'credential',
      `The user credentials ${shown(name)} have a colon in the user name, which Basic authentication cannot send.`,
    );
  }
  const header = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
  return { kind: 'header', header, user: JSON.stringify([name, user]) };
}

async function certificate(alias: string, material: SecurityMaterial): Promise<Credential> {
  const found = await material.keyPair(nameOf(alias, 'private key alias'));
  if (found === undefined) throw missing('a key pair', alias);
  const { privateKey, certificates, version } = found;
  const id = JSON.stringify([alias, version]);
  const identity = {
    name: `the key pair ${shown(alias)}`,
    id,
    key: privateKey,
    cert: certificates.join('\n'),
  };
  return { kind: 'certificate', identity };
}

const MAX_NAME_CHARACTERS = 1000;

function nameOf(name: string, what: string): string {
  if (name !== '' && name.length <= MAX_NAME_CHARACTERS) return name;
  if (name !== '') {
    const text = `The receiver channel has a ${what} of ${name.length} characters for this message.`;
    throw new StepFailure('credential', text);
  }
  const text = `The receiver channel has no ${what} for this message: its expression is empty.`;
  throw new StepFailure('credential', text);
}

function missing(what: string, name: string): StepFailure {
  return new StepFailure(
    'credential',
    `There is no security material with ${what} of the name ${shown(name)}. Add it, or change the name in the receiver channel.`,
  );
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
