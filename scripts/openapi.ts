import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { makeDocument } from './openapi/document.ts';

/** Writes docs/openapi.json out of the code and the texts in scripts/openapi/. */
const path = join(import.meta.dirname, '..', 'docs', 'openapi.json');
writeFileSync(
  path,
  await format(JSON.stringify(makeDocument()), { parser: 'json', printWidth: 100 }),
);
console.log(`Wrote ${path}`);
