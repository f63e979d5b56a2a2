/**
 * A lock among processes, kept in files `<path>.<n>`: the highest n tells who holds it. Plain
 * JavaScript for any Node.js from 16 on, because run.mjs needs it before the right one is there.
 *
 * A holder that was killed is taken over. Files are never reused: to take the lock is to make the
 * next number, which only one process can do, and to give it back is to mark one's own number as
 * released; so nobody ever deletes a lock that somebody else has just taken.
 */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { randomBytes } from 'node:crypto';

/** This process, told from a later one with the same pid where the system lets us (Linux). */
export function thisProcess() {
  return { pid: process.pid, started: startOf(process.pid) };
}

/** Of the process with this pid. */
export function identityOf(pid) {
  return { pid, started: startOf(pid) };
}

/** Whether that very process is still there. */
export function isRunning({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (error.code !== 'EPERM') return false;
  }
  return started === null || startOf(pid) === started;
}

/** Start time in clock ticks since boot; null where the system does not tell. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command's name, may hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended: it only waits for its parent to look.
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return null;
  }
}

/** Runs `work` while no other process holds the lock; waits up to `waitMs` for it. */
export async function withFileLock(path, work, waitMs = 120_000) {
  const release = await acquire(path, Date.now() + waitMs);
  try {
    return await work();
  } finally {
    release();
  }
}

async function acquire(path, deadline) {
  for (;;) {
    const taken = tryAcquire(path);
    if (taken !== undefined) return taken;
    if (Date.now() > deadline) {
      throw new Error(`${path} is held by another process for too long. Is one hanging?`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 30));
  }
}

function tryAcquire(path) {
  const last = numbersOf(path).pop() ?? 0;
  if (last > 0 && isHeld(`${path}.${last}`)) return undefined;
  const mine = `${path}.${last + 1}`;
  const draft = `${path}-${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(thisProcess()), { mode: 0o600 });
  try {
    // The lock appears with its content, or not at all.
    linkSync(draft, mine);
  } catch (error) {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const numbers = numbersOf(path);
  if (numbers[numbers.length - 1] !== last + 1) {
    // Others have gone past this number while we made it.
    rmSync(mine, { force: true });
    return undefined;
  }
  for (const number of numbers.slice(0, -1)) rmSync(`${path}.${number}`, { force: true });
  return () => {
    writeFileSync(draft, 'released', { mode: 0o600 });
    renameSync(draft, mine);
  };
}

function numbersOf(path) {
  const start = `${basename(path)}.`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)))
    .sort((a, b) => a - b);
}

function isHeld(file) {
  let content;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    // Deleted meanwhile: somebody has taken the next number.
    if (error.code === 'ENOENT') return true;
    throw error;
  }
  return content !== 'released' && isRunning(JSON.parse(content));
}
