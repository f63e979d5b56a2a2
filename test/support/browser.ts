import chromium from '@sparticuz/chromium';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium as playwright } from 'playwright-core';
import { withFileLock } from '../../local/file-lock.mjs';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');

/**
 * A headless Chromium, which the test file closes. It comes out of npm, so that nothing has to be
 * installed by hand; it is unpacked once, beside the dependencies.
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await unpackChromium();
  // Tests run as root in containers, where Chromium's sandbox does not start. They visit this app alone.
  return playwright.launch({ executablePath, args: ['--no-sandbox'] });
}

async function unpackChromium(): Promise<string> {
  const cache = join(root, 'node_modules', '.cache');
  const folder = join(cache, `chromium-${manifest.devDependencies['@sparticuz/chromium']}`);
  const path = join(folder, 'chromium');
  if (existsSync(path)) return path;
  await mkdir(cache, { recursive: true });
  await withFileLock(join(cache, 'chromium.lock'), async () => {
    if (existsSync(path)) return;
    const work = `${folder}.new`;
    await rm(work, { recursive: true, force: true });
    await mkdir(work);
    // The package unpacks to the system's folder for temporary files.
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = work;
    try {
      await chromium.executablePath();
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    }
    // A process that is killed while it unpacks leaves nothing that passes for a browser.
    await rename(work, folder);
  });
  return path;
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
