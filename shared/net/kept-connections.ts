import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

/** Connections to one host and port with one identity; further requests wait for one of them. */
const MAX_PER_HOST = 128;
const MAX_IDLE_PER_HOST = 16;
/** Of one identity, to all hosts. */
const MAX_IN_ALL = 512;
/**
 * Below the five seconds after which common servers close a connection that is not used: a request
 * that meets the end of its connection may be lost. Where the server names its own limit
 * (`Keep-Alive: timeout`), Node's agent stays a second below that.
 */
const MAX_IDLE_MS = 4000;
/** A connection is made to an address that was checked at that time; the name is looked up anew after it. */
const MAX_AGE_MS = 60_000;
/** Client certificates in use in one process; the one that was used longest ago is forgotten first. */
const MAX_IDENTITIES = 100;

/** Connections that are kept for the next request to the same host. */
export interface KeptConnections {
  /** @param identity of whoever speaks over them: connections of one are never used by another. */
  agentOf(url: URL, identity: string): Agent;
  close(): void;
}

interface Agents {
  readonly plain: Agent;
  readonly tls: TlsAgent;
}

/** @param now milliseconds that never go back. */
export function keepConnections(now: () => number, maxAgeMs = MAX_AGE_MS): KeptConnections {
  const identities = new Map<string, Agents>();
  const options = {
    keepAlive: true,
    maxSockets: MAX_PER_HOST,
    maxFreeSockets: MAX_IDLE_PER_HOST,
    maxTotalSockets: MAX_IN_ALL,
    timeout: MAX_IDLE_MS,
  };
  const make = (): Agents => ({
    plain: boundAge(new Agent(options), now, maxAgeMs),
    tls: boundAge(new TlsAgent(options), now, maxAgeMs),
  });
  return {
    agentOf(url, identity) {
      const agents = identities.get(identity) ?? make();
      identities.delete(identity);
      identities.set(identity, agents);
      if (identities.size > MAX_IDENTITIES) {
        // What it still has open ends with its requests, and by the limit for what is not used.
        const [oldest = ''] = identities.keys();
        identities.delete(oldest);
      }
      return url.protocol === 'https:' ? agents.tls : agents.plain;
    },
    close() {
      for (const { plain, tls } of identities.values()) {
        plain.destroy();
        tls.destroy();
      }
      identities.clear();
    },
  };
}

function boundAge<A extends Agent>(agent: A, now: () => number, maxAgeMs: number): A {
  const madeAt = new WeakMap<Duplex, number>();
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback);
    if (socket) madeAt.set(socket, now());
    return socket;
  };
  const keep: (socket: Duplex) => unknown = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => now() - (madeAt.get(socket) ?? 0) < maxAgeMs && keep(socket);
  return agent;
}
