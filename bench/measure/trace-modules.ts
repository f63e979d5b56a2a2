/** Preloaded by `bench:cold -- --trace`: says which module is loaded when, and how large it is. */
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const bytes = loaded.source == null ? '' : String(Buffer.byteLength(loaded.source));
    process.stderr.write(
      `${performance.now().toFixed(0).padStart(6)} ${bytes.padStart(9)} ${url}\n`,
    );
    return loaded;
  },
});
