/** Preloaded by `bench:cold -- --trace`: says which module is loaded when, and how large it is. */
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    // Node gives none for what it loads by itself, such as CommonJS.
    const { source } = loaded as { readonly source?: string | Uint8Array | null };
    const bytes = source === undefined || source === null ? '' : String(Buffer.byteLength(source));
    process.stderr.write(
      `${performance.now().toFixed(0).padStart(6)} ${bytes.padStart(9)} ${url}\n`,
    );
    return loaded;
  },
});
