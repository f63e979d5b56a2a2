import { X509Certificate } from 'node:crypto';
import type { FlowServices } from '../services/services.ts';
import { StepFailure } from '../steps/step-failure.ts';

/** Characters of one request: names and values that are looked up. */
const LONGEST_REQUEST = 64 * 1024;
/** Characters of one answer, such as a binary parameter of a partner. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

const ILLEGAL_STATE = 'java.lang.IllegalStateException';
const SECURE_STORE = 'com.sap.it.api.securestore.exception.SecureStoreException';
const KEYSTORE = 'com.sap.it.api.keystore.exception.KeystoreException';
/** What a lookup throws where the room that it asks says what is wrong. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  credential: SECURE_STORE,
  certificates: KEYSTORE,
  nextNumber: 'com.sap.it.api.nrc.exception.NumberRangeConfigException',
  partnerId: 'com.sap.it.api.pd.exception.PartnerDirectoryException',
  partnerIdOfUser: 'com.sap.it.api.pd.exception.PartnerDirectoryException',
  partnerParameter: 'com.sap.it.api.pd.exception.PartnerDirectoryException',
};

/** What a script's call of a service comes to: a value, or the Java exception that it throws. */
type Answer =
  | { readonly value: unknown }
  | { readonly exception: { readonly class: string; readonly message: string } };

type Lookup = (services: FlowServices, ...values: string[]) => Promise<Answer>;

/** The services that scripts may ask, by name, with texts. Guest code asks, so nothing is taken for granted. */
const lookups: Readonly<Record<string, Lookup>> = {
  mappedValue: async (services, a = '', b = '', value = '', c = '', d = '') =>
    orNull(await (await services.valueMappings()).mappedValue(a, b, value, c, d)),

  credential: async (services, alias = '') => {
    const material = await services.securityMaterial();
    const user = await material.userCredentials(alias);
    if (user !== undefined) return credential(alias, user.user, user.password, user.properties);
    const secret = await material.secureParameter(alias);
    if (secret !== undefined) return credential(alias, '', secret, {});
    const client = await material.oauth2ClientCredentials(alias);
    if (client === undefined) {
      throw new StepFailure('missing', `No credential with the alias ${shown(alias)} is deployed.`);
    }
    return credential(alias, client.clientId, client.clientSecret, {
      'sec:server.url': client.tokenServiceUrl,
      'sec:credential.kind': 'oauth2:default',
    });
  },

  certificates: async (services, alias = '') => {
    const pair = await (await services.securityMaterial()).keyPair(alias);
    if (pair === undefined) {
      const text = `The keystore has no entry with the alias ${shown(alias)}.`;
      throw new StepFailure('missing', text);
    }
    return { value: pair.certificates.map(certificate) };
  },

  nextNumber: async (services, name = '') => {
    const next = await (await services.numberRanges()).next(name);
    if (next === undefined)
      throw new StepFailure('missing', `There is no number range ${shown(name)}.`);
    return { value: next };
  },

  partnerId: async (services, agency = '', scheme = '', id = '') =>
    orNull(await (await services.partnerDirectory()).partnerId(agency, scheme, id)),

  partnerIdOfUser: async (services, user = '') =>
    orNull(await (await services.partnerDirectory()).partnerIdOfUser(user)),

  partnerParameter: async (services, partnerId = '', parameterId = '') => {
    const found = await (await services.partnerDirectory()).parameter(partnerId, parameterId);
    if (found === undefined) return { value: null };
    return {
      value:
        typeof found === 'string'
          ? { text: found }
          : { binary: Buffer.from(found).toString('base64') },
    };
  },
};

/** Whether answering changes something: that answer belongs to the message that has asked. */
export function hasEffect(request: string): boolean {
  return read(request)?.[0] === 'nextNumber';
}

/**
 * Answers what a script asks of a service.
 * @param request JSON: the name of a lookup, then its texts.
 * @returns JSON: an {@link Answer}.
 * @throws what storage throws; it is not for the script to handle.
 */
export async function answerRequest(services: FlowServices, request: string): Promise<string> {
  const [name = '', ...values] = read(request) ?? [];
  const lookup = Object.hasOwn(lookups, name) ? lookups[name] : undefined;
  if (lookup === undefined) {
    const text = `What a service is asked has at most ${LONGEST_REQUEST} characters.`;
    return JSON.stringify(raise('java.lang.IllegalArgumentException', text));
  }
  const answer = JSON.stringify(
    await lookup(services, ...values).catch((error: unknown) => {
      if (!(error instanceof StepFailure)) throw error;
      return raise(EXCEPTIONS[name] ?? ILLEGAL_STATE, error.message);
    }),
  );
  if (answer.length <= LONGEST_ANSWER) return answer;
  return refusal(`The answer of the service has more than ${LONGEST_ANSWER} characters.`);
}

/** The answer that is an exception. */
export function refusal(message: string): string {
  return JSON.stringify(raise(ILLEGAL_STATE, message));
}

function read(request: string): string[] | undefined {
  if (request.length > LONGEST_REQUEST) return undefined;
  try {
    const values: unknown = JSON.parse(request);
    return Array.isArray(values) && values.every((value) => typeof value === 'string')
      ? values
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function raise(className: string, message: string): Answer {
  return { exception: { class: className, message } };
}

function orNull(value: string | undefined): Answer {
  return { value: value ?? null };
}

function credential(
  alias: string,
  user: string,
  password: string,
  properties: Readonly<Record<string, string>>,
): Answer {
  return { value: { alias, user, password, properties } };
}

function certificate(pem: string) {
  const { raw, subject, issuer, serialNumber, validFromDate, validToDate } = new X509Certificate(
    pem,
  );
  return {
    encoded: raw.toString('base64'),
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    serialNumber,
    notBefore: validFromDate.getTime(),
    notAfter: validToDate.getTime(),
  };
}

/** RFC 2253: the most specific part first. */
function nameOf(name: string): string[] {
  return name.split('\n').reverse();
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
