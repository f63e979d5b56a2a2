import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, next) {
    writeSync(2, `module ${url.slice(url.lastIndexOf('/') + 1)}\n`);
    return next(url, context);
  },
});
