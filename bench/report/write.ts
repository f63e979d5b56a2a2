import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { format, resolveConfig } from 'prettier';

/** Writes Markdown or JSON as `npm run format` would leave it. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  const options = await resolveConfig(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await format(text, { ...options, filepath: file }));
}
