import { randomBytes } from 'node:crypto';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { binding } from './client-proofs.ts';
import { clients } from './clients.ts';
import { deriveKey, prepared } from './environment.ts';
import { codes, consents } from './grants.ts';
import { audit } from './logs.ts';
import { clientAuthentication, resources } from './oauth.ts';
import { signInOfPeople } from './people.ts';
import { tables } from './storage.ts';
import { createAuthorizationEndpoint } from '../oauth/authorization/authorization-endpoint.ts';
import { createPublicRequests } from '../oauth/public-requests.ts';
import { createPushedRequestEndpoint } from '../oauth/authorization/pushed-request-endpoint.ts';
import {
  createPushedRequests,
  type PushedRequest,
} from '../oauth/authorization/pushed-requests.ts';
import { createSignInMarks } from '../oauth/authorization/sign-in-marks.ts';
import { openSecretRecords } from '../storage/secret-records.ts';

const pushed = once(async () => {
  const records = openSecretRecords<PushedRequest>(await tables(), 'pushed_request');
  return createPushedRequests({ records, clock, random: randomBytes });
});

export const authorize = prepared(async ({ issuer }) => {
  return createAuthorizationEndpoint({
    issuer,
    clients: (await clients()).directory,
    signIn: await signInOfPeople(),
    marks: createSignInMarks(await deriveKey('sign-ins that were asked for'), clock),
    consents: await consents(),
    resources: await resources(),
    pushed: await pushed(),
    codes: await codes(),
    audit: (await audit()).trail,
    clock,
    random: randomBytes,
  });
});

export const pushRequest = prepared(async () => {
  return createPushedRequestEndpoint({
    ...(await clientAuthentication()),
    pushed: await pushed(),
    publicRequests: createPublicRequests(clock),
    binding,
    resources: await resources(),
  });
});
