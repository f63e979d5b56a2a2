import chromium, { inflate } from '@sparticuz/chromium';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium as playwright } from 'playwright-core';
import { withFileLock } from '../../local/file-lock.mjs';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');
const BIN = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..', 'bin');

/**
 * A headless Chromium, which the test file closes. It comes out of npm with the libraries that it needs,
 * for Linux on x64, so that nothing has to be installed by hand; it is unpacked once, beside the
 * dependencies. Elsewhere FLOWGATE_TEST_BROWSER names the Chromium or Chrome to take.
 */
export async function openBrowser(): Promise<Browser> {
  // Tests run as root in containers, where Chromium's sandbox does not start. They visit this app alone.
  const args = ['--no-sandbox'];
  const given = process.env['FLOWGATE_TEST_BROWSER'];
  if (given !== undefined) return playwright.launch({ executablePath: given, args });
  const folder = await unpackChromium();
  const env = { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') };
  return playwright.launch({ executablePath: join(folder, 'chromium'), args, env });
}

async function unpackChromium(): Promise<string> {
  const cache = join(root, 'node_modules', '.cache');
  const folder = join(cache, `chromium-${manifest.devDependencies['@sparticuz/chromium']}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  await withFileLock(join(cache, 'chromium.lock'), async () => {
    if (existsSync(folder)) return;
    const work = `${folder}.new`;
    await rm(work, { recursive: true, force: true });
    await mkdir(work);
    // The package unpacks to the system's folder for temporary files.
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = work;
    try {
      await chromium.executablePath();
      await inflate(join(BIN, 'al2023.tar.br'));
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    }
    // A process that is killed while it unpacks leaves nothing that passes for a browser.
    await rename(work, folder);
  });
  return folder;
}

export interface Watched {
  /** Requests to other origins than the app's, of whatever kind. */
  readonly foreign: string[];
  /** What the page broke of its own policy, and what else the browser complained of. */
  readonly complaints: string[];
}

/** Watches all pages of a context from now on. */
export function watch(context: BrowserContext, origin: string): Watched {
  const watched: Watched = { foreign: [], complaints: [] };
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) watched.foreign.push(request.url());
  });
  context.on('console', (message) => {
    // A form that was refused is told as a failed load.
    if (!/^Failed to load resource: the server responded/.test(message.text())) {
      watched.complaints.push(message.text());
    }
  });
  context.on('weberror', (error) => watched.complaints.push(String(error.error())));
  return watched;
}
