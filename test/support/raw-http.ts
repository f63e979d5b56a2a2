import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; repeated ones joined with a comma and a space. */
  readonly headers: Headers;
  readonly text: string;
}

/** Opens a connection to the server at `url`, to write to it what no HTTP library would. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === 'https:';
  // What one process serves on localhost is reached by IPv4 in any case.
  const host = hostname === 'localhost' ? '127.0.0.1' : hostname;
  const at = { host, port: Number(port || (secure ? 443 : 80)) };
  const socket = secure ? connectTls({ ...at, servername: hostname }) : connect(at);
  // A server may cut the connection while a hostile request is still being written.
  socket.on('error', () => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once(secure ? 'secureConnect' : 'connect', () => resolve());
    socket.once('error', reject);
  });
  return socket;
}

/** Everything that the server sends until it closes the connection. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  if (!socket.destroyed)
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return text;
}

/**
 * Writes bytes to the server as they are and reads the first answer; undefined if it closed the
 * connection without one. The request has to ask for `Connection: close`.
 */
export async function sendRaw(
  url: string,
  request: string | Uint8Array,
): Promise<RawAnswer | undefined> {
  const socket = await openSocket(url);
  const answered = readAll(socket);
  // Characters are bytes: how a header's text is encoded is the test's business.
  socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request);
  return parseAnswer(await answered);
}

/** @returns undefined for what is no HTTP response. */
export function parseAnswer(text: string): RawAnswer | undefined {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(`${statusLine} `)?.[1];
  if (status === undefined) return undefined;
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers, text: rest.join('\r\n\r\n') };
}

/** A request in its wire form, asking for the connection to be closed; a body gets its length. */
export function wire(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[] = [],
  body = '',
  host = 'localhost',
): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
