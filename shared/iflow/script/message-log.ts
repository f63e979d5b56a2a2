import type { ScriptLogEntry } from './engine.ts';

/** What the scripts of one message may leave in the message processing log. */
const MOST_CUSTOM_HEADERS = 50;
const MOST_ATTACHMENTS = 50;
/** Characters of all attachments together. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/**
 * Adds what a script has told the message processing log to what others have: what is too much is
 * left out, so that a loop of scripts does not fill the memory.
 */
export function addToLog(log: ScriptLogEntry[], entries: readonly ScriptLogEntry[]): void {
  if (entries.length === 0) return;
  let customHeaders = 0;
  let attachments = 0;
  let characters = 0;
  const isFitting = (entry: ScriptLogEntry): boolean => {
    if (entry.kind === 'customHeader') return (customHeaders += 1) <= MOST_CUSTOM_HEADERS;
    if (attachments >= MOST_ATTACHMENTS) return false;
    if (characters + entry.text.length > MOST_CHARACTERS) return false;
    attachments += 1;
    characters += entry.text.length;
    return true;
  };
  log.forEach(isFitting);
  log.push(...entries.filter(isFitting));
}
