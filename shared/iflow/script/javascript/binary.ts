import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** QuickJS: beside the built form; in the package when running from source. */
function address(): URL {
  return new URL(
    import.meta.url.endsWith('.ts')
      ? import.meta.resolve('quickjs-wasi/quickjs.wasm')
      : new URL('./quickjs.wasm', import.meta.url),
  );
}

export async function compileBinary(): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await readFile(address()));
}

/** For a thread that has nothing else to do. */
export function compileBinaryNow(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(address()));
}
