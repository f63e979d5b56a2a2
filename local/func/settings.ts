import { randomBytes } from 'node:crypto';

/**
 * `local.settings.json` made from the example: with a master key and a first administrator of its
 * own.
 * @throws {SyntaxError} when the example is not JSON.
 */
export function newSettings(example: string): string {
  const settings = JSON.parse(example) as { Values: Record<string, string> };
  Object.assign(settings.Values, {
    FLOWGATE_MASTER_KEY: randomBytes(32).toString('base64'),
    FLOWGATE_BOOTSTRAP_CLIENT_ID: 'flowgate-admin',
    FLOWGATE_BOOTSTRAP_CLIENT_SECRET: randomBytes(32).toString('base64url'),
  });
  return `${JSON.stringify(settings, null, 2)}\n`;
}
