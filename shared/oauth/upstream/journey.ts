import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../config/clock.ts';
import type { Cookie, HttpCall } from '../../http/call.ts';
import { cookieKind, readCookie } from '../../http/cookies.ts';
import { Fault } from '../../http/fault.ts';
import type { RandomBytes } from '../../registry/secrets.ts';
import { PEOPLE_PATH } from '../sign-in/addresses.ts';

/** Seconds that a person may take to sign in elsewhere. */
const LIFETIME = 15 * 60;
/** Browsers keep cookies of 4096 bytes, name and attributes included. */
const LONGEST_COOKIE = 3800;

/** One way to the upstream provider and back, by one browser. */
export interface Journey {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 section 4.1. */
  readonly verifier: string;
  readonly challenge: string;
  readonly returnTo: string;
  /** The person has to sign in anew, whoever has signed in there before. */
  readonly isAnew: boolean;
}

/**
 * Journeys are kept in the browser alone, in a cookie with a MAC: 256 random bits, of which state,
 * nonce and verifier are made with our key. So whichever instance the browser comes back to knows it,
 * and nobody can have another's browser come back with an answer that was meant for his own (login
 * CSRF).
 */
export interface Journeys {
  /** @throws {Fault} 400 for an address to return to that a cookie cannot hold. */
  begin(returnTo: string, isAnew: boolean): { readonly journey: Journey; readonly cookie: Cookie };
  /** The journey that the browser is on; undefined without one, or when it took too long. */
  find(call: HttpCall): Journey | undefined;
  end(): Cookie;
}

/** @param key 32 bytes that are used for nothing else. */
export function createJourneys(deps: {
  readonly key: Buffer;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly isHttps: boolean;
}): Journeys {
  const kind = cookieKind('flowgate-upstream', {
    isHttps: deps.isHttps,
    path: PEOPLE_PATH,
    // Sent along when the provider sends the browser back.
    sameSite: 'Lax',
    maxAge: LIFETIME,
  });
  const mac = (purpose: string, text: string): string =>
    createHmac('sha256', deps.key).update(`${purpose}\n${text}`).digest('base64url');

  const journeyOf = (id: string, returnTo: string, isAnew: boolean): Journey => {
    const verifier = mac('verifier', id);
    return {
      state: mac('state', id),
      nonce: mac('nonce', id),
      verifier,
      challenge: hash('sha256', verifier, 'base64url'),
      returnTo,
      isAnew,
    };
  };

  return {
    begin(returnTo, isAnew) {
      const id = deps.random(32).toString('base64url');
      const until = Math.floor(deps.clock.now() / 1000) + LIFETIME;
      const wish = isAnew ? 'anew' : 'any';
      const text = `${until}.${id}.${wish}.${Buffer.from(returnTo).toString('base64url')}`;
      const value = `${text}.${mac('cookie', text)}`;
      if (value.length > LONGEST_COOKIE) {
        throw new Fault(
          400,
          'The request of the application is too long to sign in elsewhere for it. Sign in here, or tell its maker to push the request (RFC 9126).',
          { reason: 'return_to_too_long' },
        );
      }
      return { journey: journeyOf(id, returnTo, isAnew), cookie: kind.set(value) };
    },

    find(call) {
      const value = readCookie(call.headers, kind.name) ?? '';
      const [until = '', id = '', wish = '', returnTo = '', sent = ''] = value.split('.');
      const right = Buffer.from(mac('cookie', `${until}.${id}.${wish}.${returnTo}`));
      const given = Buffer.from(sent);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      if (deps.clock.now() / 1000 >= Number(until)) return undefined;
      return journeyOf(id, Buffer.from(returnTo, 'base64url').toString('utf8'), wish === 'anew');
    },

    end: () => kind.clear(),
  };
}
