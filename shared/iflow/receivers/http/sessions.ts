import type { CompiledFlow } from '../../flow.ts';
import { type CookieJar, makeCookieJar } from './cookie-jar.ts';

/** HTTP Session Reuse (SAP Help, Specify the Runtime Configuration). */
export interface HttpSessions {
  /** undefined for a flow that keeps no session. */
  jarOf(message: MessageOfFlow): CookieJar | undefined;
}

/** A message on its way through a deployed flow. */
interface MessageOfFlow {
  readonly flow: Pick<CompiledFlow, 'id' | 'settings'>;
  /** Each message has an environment of its own. */
  readonly environment: { readonly revision: string };
}

/** Flows that keep one session for all of their messages. */
const MAX_FLOWS = 200;

/** @param now milliseconds since the epoch. */
export function createHttpSessions(now: () => number): HttpSessions {
  const ofMessages = new WeakMap<object, CookieJar>();
  const ofFlows = new Map<string, CookieJar>();
  return {
    jarOf({ flow, environment }) {
      switch (flow.settings.httpSessionHandling) {
        case 'None':
          return undefined;
        case 'onExchange': {
          const jar = ofMessages.get(environment) ?? makeCookieJar(now);
          ofMessages.set(environment, jar);
          return jar;
        }
        case 'onIntegrationFlow': {
          const key = `${flow.id}\n${environment.revision}`;
          const jar = ofFlows.get(key) ?? makeCookieJar(now);
          ofFlows.delete(key);
          ofFlows.set(key, jar);
          const [oldest = ''] = ofFlows.keys();
          if (ofFlows.size > MAX_FLOWS) ofFlows.delete(oldest);
          return jar;
        }
      }
    },
  };
}
