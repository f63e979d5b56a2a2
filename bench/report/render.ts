import type { Results } from './results.ts';
export function renderPages(_docs: string, _results: Results): Promise<void> { return Promise.resolve(); }
