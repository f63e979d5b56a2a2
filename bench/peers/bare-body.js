/** Reads the whole body of a request and answers so many bytes: `node bare-body.js BYTES`. */
import { createServer } from 'node:http';
import { sayReady } from './common.js';

const answer = Buffer.alloc(Number(process.argv[2]), 'x');
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    Buffer.concat(chunks);
    response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': answer.length });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => sayReady(server));
