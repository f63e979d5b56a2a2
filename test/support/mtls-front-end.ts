import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, request as requestOverTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { makeLoopbackCertificate } from './certificate.ts';

/** Ends TLS in front of an instance and hands over the client's certificate, as App Service does. */
export interface MtlsFrontEnd {
  /** https, on the loopback. */
  readonly url: string;
  /** `fetch` of a client that shows a certificate, or none. */
  fetchWith(client?: { readonly key: string; readonly cert: string }): typeof fetch;
}

/** @param target address of the instance. */
export async function startMtlsFrontEnd(target: string): Promise<MtlsFrontEnd> {
  const own = makeLoopbackCertificate();
  const { hostname, port } = new URL(target);
  const server = createServer(
    // Whatever certificate comes is asked to prove its key, and not who has issued it.
    { ...own, requestCert: true, rejectUnauthorized: false },
    (incoming, outgoing) => {
      const headers = { ...incoming.headers };
      delete headers['x-arr-clientcert'];
      const { socket } = incoming;
      assert.ok(socket instanceof TLSSocket);
      const { raw } = socket.getPeerX509Certificate() ?? {};
      const forwarded = request(
        {
          host: hostname,
          port,
          method: incoming.method,
          path: incoming.url,
          headers: {
            ...headers,
            'x-forwarded-proto': 'https',
            ...(raw === undefined ? {} : { 'x-arr-clientcert': raw.toString('base64') }),
          },
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    fetchWith: (client) => async (input, init) => {
      const sent = new Request(input, init);
      const body = Buffer.from(await sent.arrayBuffer());
      const call = requestOverTls(sent.url, {
        ...client,
        ca: own.cert,
        agent: false,
        method: sent.method,
        headers: { ...Object.fromEntries(sent.headers), 'content-length': body.length },
      });
      call.end(body);
      const [answer] = (await once(call, 'response')) as [
        NodeJS.ReadableStream & {
          statusCode?: number;
          headers: Record<string, string>;
        },
      ];
      const chunks: Uint8Array[] = [];
      for await (const chunk of answer) chunks.push(Buffer.from(chunk));
      return new Response(Buffer.concat(chunks), {
        status: answer.statusCode ?? 0,
        headers: answer.headers,
      });
    },
  };
}
