import { MAX_TOKEN_LENGTH } from './compact.ts';

/**
 * The `iss` that a token claims to have, to find out who has to verify it; undefined for what is no
 * token. Nothing has been verified.
 */
export function issuerOf(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const payload = token.split('.', 3)[1] ?? '';
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as unknown;
    if (typeof claims !== 'object' || claims === null || !('iss' in claims)) return undefined;
    return typeof claims.iss === 'string' ? claims.iss : undefined;
  } catch {
    return undefined;
  }
}
