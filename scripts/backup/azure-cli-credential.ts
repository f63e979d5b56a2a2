import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Credential } from '../../shared/storage/managed-identity.ts';
import { BackupError } from './manifest.ts';

const RESOURCE = 'https://storage.azure.com';
const run = promisify(execFile);

/**
 * Tokens for storage of whoever is signed in to the Azure CLI, for accounts without keys
 * (https://learn.microsoft.com/cli/azure/account#az-account-get-access-token). The storage
 * libraries keep a token until it is about to end.
 */
export function createAzureCliCredential(): Credential {
  const isWindows = process.platform === 'win32';
  return {
    async getToken() {
      const question = ['account', 'get-access-token', '--resource', RESOURCE, '--output', 'json'];
      try {
        // On Windows it is a batch file; nothing in the command comes from outside.
        const { stdout } = await run('az', question, { shell: isWindows });
        const answer = JSON.parse(stdout) as { accessToken: string; expires_on: number };
        return { token: answer.accessToken, expiresOnTimestamp: answer.expires_on * 1000 };
      } catch (error) {
        throw new BackupError('The Azure CLI gives no token for storage: run "az login".', {
          cause: error,
        });
      }
    },
  };
}
