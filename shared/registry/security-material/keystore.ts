import { readKeyPair, readOneCertificate } from '../../x509/key-pair.ts';
import { KeyStoreFault } from '../../x509/key-store-fault.ts';
import type { Draft } from './material.ts';
import { invalid, requireName } from './rules.ts';

/** Bytes of a key pair or a certificate that is sent. */
export const LARGEST_FILE = 64 * 1024;

/** SAP Help, Security Content: a key pair of the tenant keystore. @throws {Fault} 400 */
export async function keyPair(
  alias: string | undefined,
  file: Buffer,
  password: string,
): Promise<Draft<'key-pair'>> {
  const name = requireName('keystore', alias);
  const { privateKey, chain } = await explained(() => readKeyPair(file, password));
  return {
    kind: 'key-pair',
    name,
    description: '',
    shown: { certificates: chain.map(String) },
    secret: { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
  };
}

/** A certificate that is trusted. @throws {Fault} 400 */
export async function certificate(alias: string, file: Buffer): Promise<Draft<'certificate'>> {
  const name = requireName('keystore', alias);
  const read = await explained(() => readOneCertificate(file));
  return {
    kind: 'certificate',
    name,
    description: '',
    shown: { certificates: [read.toString()] },
    secret: {},
  };
}

async function explained<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KeyStoreFault) throw invalid(error.message);
    throw error;
  }
}
